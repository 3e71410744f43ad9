// The jobs that the bridge knows: first some of the newest ones, all once they are needed, and then
// what has changed since.
const FIELDS = ["id", "native", "name", "state", "partition", "nodes", "submitted", "started",
  "elapsed", "limit", "expected", "why", "user"]; // as dssr/http/web/job_rows.py writes them
const UNATTENDED = {"X-Unattended": "1"}; // no user asked: it does not keep the session
const second = () => Date.now() / 1000;

export class JobStore {
  // url: of GET /jobs.json; filter: of the jobs that come first, as a query string
  constructor(url, filter) {
    this.url = url;
    this.filter = filter;
    this.rows = new Map(); // by id
    this.newest = []; // the same, newest first
    this.isWhole = false; // otherwise the rows are those that the filter shows
    this.oldest = null; // the last one of them, where there are more
    this.version = "none"; // which no bridge has sent
    this.about = {age: null, problem: "", clock: 0, total: 0, count: 0};
    this.fetched = 0;
  }

  // Fetch what is new; needsAll: and all rows. Throws TypeError where there is no answer at the
  // moment.
  async refresh(needsAll) {
    await this.fetch(needsAll);
    if (needsAll && !this.isWhole) { // after a restart of the bridge
      await this.fetch(needsAll);
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

  async fetch(needsAll) {
    if (needsAll && !this.isWhole) {
      const whole = await get(this.url);
      Object.assign(this, {version: whole.version, isWhole: true, oldest: null, rows: new Map()});
      this.add(whole.rows);
    }
    const filter = this.isWhole ? "" : `&${this.filter}`;
    const answer = await get(`${this.url}?since=${this.version}${filter}`);
    if (answer.anew) {
      Object.assign(this, {isWhole: answer.rows.length === answer.total, oldest: null});
      this.rows = new Map();
    }
    Object.assign(this, {version: answer.version, about: answer, fetched: second()});
    this.add(answer.rows);
    if (answer.anew && answer.rows.length < answer.count) {
      this.oldest = [...this.rows.values()].at(-1);
    }
  }

  // Those that are older than the oldest one have a place that is not known.
  add(found) {
    for (const values of found) {
      const row = Object.fromEntries(values.map((value, at) => [FIELDS[at], value]));
      row.words = `${row.name}\n${row.native}\n${row.id}`.toLowerCase();
      if (!this.oldest || compareAge(row, this.oldest) <= 0) {
        this.rows.set(row.id, row);
      }
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
