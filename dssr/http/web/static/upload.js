// Uploads files of any size in parts, and goes on where an upload was interrupted: also after the
// page was loaded again, when the same file is chosen once more.
//
// Expects:
//   form[data-upload]            the address of the job's files in the API
// and in it:
//   input[type=file]             may have "multiple"
//   [name=path]                  the directory; empty: the job's own
//   [name=overwrite]             a checkbox
//   [name=form_token]
//   [data-upload-small]          what holds for pages without scripts alone; it is hidden
//   progress                     hidden until an upload begins
//   [data-upload-message]        for sentences, with role=status
// Sets form[data-uploaded] to the number of files when all have arrived, and loads the page again.
const PART = 8 * 1024 * 1024; // bytes that one request may carry
const PAUSES = [1, 2, 5, 10, 30]; // seconds before a part is sent again
const form = document.querySelector("form[data-upload]");

if (form) {
  form.querySelectorAll("[data-upload-small]").forEach((part) => part.setAttribute("hidden", ""));
  form.querySelector("input[type=file]").multiple = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send().catch((error) => say(error.message));
  });
}

async function send() {
  const button = form.querySelector("button");
  const files = [...form.querySelector("input[type=file]").files];
  button.disabled = true;
  try {
    for (const file of files) {
      await upload(file);
    }
  } finally {
    button.disabled = false;
  }
  form.dataset.uploaded = String(files.length);
  location.reload();
}

async function upload(file) {
  const directory = form.elements.path.value;
  const path = directory ? `${directory}/${file.name}` : file.name;
  const url = `${form.dataset.upload}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const headers = {"Dssr-Upload-Id": id(`${path}\n${file.size}\n${file.lastModified}`)};
  let at = await arrived(url, headers, file, 0);
  let failures = 0;
  do {
    show(file, at);
    try {
      await sendPart(url, headers, file, at);
      at = Math.min(at + PART, file.size);
      failures = 0;
    } catch (error) {
      if (!error.isTransient) {
        throw error;
      }
      const seconds = PAUSES[Math.min(failures, PAUSES.length - 1)];
      failures += 1;
      say(`${file.name}: ${error.message} It goes on in ${seconds} s.`);
      await new Promise((done) => setTimeout(done, seconds * 1000));
      at = await arrived(url, headers, file, at);
    }
  } while (at < file.size);
  show(file, file.size);
}

async function sendPart(url, headers, file, at) {
  const part = file.slice(at, at + PART);
  const more = {"Content-Type": "application/octet-stream",
    "X-Form-Token": form.elements.form_token.value};
  if (!form.elements.overwrite.checked) {
    more["If-None-Match"] = "*";
  }
  if (part.size < file.size) {
    more["Content-Range"] = `bytes ${at}-${at + part.size - 1}/${file.size}`;
  }
  await call(url, {method: "PUT", headers: {...headers, ...more}, body: part});
}

// Where to go on. Without an answer: where the upload was.
async function arrived(url, headers, file, at) {
  try {
    const answer = await call(url, {method: "HEAD", headers});
    if (answer.status !== 204) { // there is a file, which this upload may have completed
      return at && at + PART >= file.size ? file.size : 0;
    }
    const last = Math.max(0, Math.floor((file.size - 1) / PART) * PART); // which may come again
    return Math.min(Number(answer.headers.get("Upload-Offset")), last);
  } catch (error) {
    if (error.status === 404) {
      return 0;
    }
    if (error.isTransient) {
      return at;
    }
    throw error;
  }
}

async function call(url, request) {
  let answer;
  try {
    answer = await fetch(url, request);
  } catch {
    throw fault("The connection was cut.", 0, true);
  }
  if (answer.ok) {
    return answer;
  }
  const text = await answer.text();
  const problem = answer.headers.get("Content-Type")?.includes("json") && text
    ? JSON.parse(text) : {};
  const isTransient = problem.transient ?? [429, 502, 503, 504].includes(answer.status);
  throw fault(problem.detail ?? `The answer is ${answer.status}.`, answer.status, isTransient);
}

function fault(message, status, isTransient) {
  return Object.assign(new Error(message), {status, isTransient});
}

// 32 hexadecimal digits. They need not be secret, and crypto.subtle is not there without TLS.
function id(text) {
  const words = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
  for (const [at, byte] of new TextEncoder().encode(text).entries()) {
    const place = at % words.length;
    for (const other of words.keys()) {
      words[other] = Math.imul(words[other] ^ (byte + place + other), 0x01000193) >>> 0;
    }
  }
  return words.map((word) => word.toString(16).padStart(8, "0")).join("");
}

function show(file, at) {
  const bar = form.querySelector("progress");
  bar.hidden = false;
  bar.max = Math.max(1, file.size);
  bar.value = file.size ? at : 1;
  say(`${file.name}: ${Math.floor(100 * bar.value / bar.max)} %`);
}

function say(text) {
  form.querySelector("[data-upload-message]").textContent = text;
}
