// All jobs that the bridge knows: fetched once as a whole, then what has changed since.
const FIELDS = ["id", "native", "name", "state", "partition", "nodes", "submitted", "started",
  "elapsed", "limit", "expected", "why", "user"]; // as dssr/http/web/job_rows.py writes them
const UNATTENDED = {"X-Unattended": "1"}; // no user asked: it does not keep the session
const second = () => Date.now() / 1000;

export class JobStore {
  // url: of GET /jobs.json
  constructor(url) {
    this.url = url;
    this.rows = new Map(); // by id
    this.newest = []; // the same, newest first
    this.version = "";
    this.about = {age: null, problem: "", clock: 0};
    this.fetched = 0;
  }

  // Fetch what is new. Throws TypeError where there is no answer at the moment.
  async refresh() {
    const answer = this.version ? await this.fetchChanges() : null;
    if (!answer?.version) { // the first time, and after a restart of the bridge
      const whole = await get(this.url);
      this.version = whole.version;
      this.rows = new Map();
      this.add(whole.rows);
      await this.fetchChanges();
    }
    this.newest = [...this.rows.values()].sort(compareAge);
  }

  // What the cluster's clock shows, in seconds.
  now() {
    return this.about.clock + second() - this.fetched;
  }

  // Seconds since the cluster was asked; null: it has never answered.
  age() {
    return this.about.age === null ? null : this.about.age + second() - this.fetched;
  }

  // Seconds that a job has run; null: it has not started.
  elapsed(row) {
    return row.started === null ? null : row.elapsed ?? Math.max(0, this.now() - row.started);
  }

  async fetchChanges() {
    const answer = await get(`${this.url}?since=${this.version}`);
    if (answer.version) {
      this.version = answer.version;
      this.about = answer;
      this.fetched = second();
      this.add(answer.rows);
    }
    return answer;
  }

  add(found) {
    for (const values of found) {
      const row = Object.fromEntries(values.map((value, at) => [FIELDS[at], value]));
      row.words = `${row.name}\n${row.native}\n${row.id}`.toLowerCase();
      this.rows.set(row.id, row);
    }
  }
}

async function get(url) {
  const answer = await fetch(url, {cache: "no-store", headers: UNATTENDED});
  if (answer.redirected || answer.status === 401) { // the session has ended
    location.reload();
  }
  if (!answer.ok || answer.redirected) {
    throw new TypeError(`The answer is ${answer.status}.`);
  }
  return answer.json();
}

function compareAge(one, other) {
  return (other.submitted ?? 0) - (one.submitted ?? 0) || (one.id < other.id ? 1 : -1);
}
