// The form of a job: shows, while it is filled in, the script that asks for the same, what the
// cluster has for each field, and what is wrong. Who edits that script locks the fields.
//
// Expects:
//   form[data-preview]           the address that takes the form and returns the preview as JSON;
//                                with data-edited when the script was edited by hand
// and in it:
//   [name=batch], [name=shown]   the script, and the mark of the one that was made of the fields
//   [name=script_file]           a file that is read into [name=script]
//   [data-hint], [data-excess], [data-problem]   sentences, by the names of fields
//   .field                       a field with its notes; with data-beside it is no part of the
//                                script, and is never locked
//   [data-none], [data-besides], [data-start], [data-fixed], [data-locked]   sentences
// Sets form[data-previewed] to the number of previews that it has shown.
const PAUSE = 250; // ms after the last key
const MOST = 8 * 1024 * 1024; // bytes of an input file
const MOST_IN_ALL = 15 * 1024 * 1024;
const EMPTY = ["", "#!/bin/bash"]; // what a file may replace
const form = document.querySelector("form[data-preview]");
let asked = 0;
let timer = 0;
let isEdited = form?.dataset.edited !== undefined;

if (form) {
  const {batch, script, script_file: file, files, discard} = form.elements;
  lock();
  form.addEventListener("input", ({target}) => {
    if (target === batch) {
      isEdited = true;
      lock();
    } else if (target.type !== "file") {
      clearTimeout(timer);
      timer = setTimeout(renew, PAUSE);
    }
  });
  script.addEventListener("paste", ({clipboardData}) => {
    say("[data-fixed]", clipboardData.getData("text").includes("\r\n")
      ? "What you pasted had Windows line ends (CRLF): the script is without." : "");
  });
  file.addEventListener("change", () => file.files[0] && read(file));
  files.addEventListener("change", () => {
    const sentence = tooLarge([...files.files]);
    files.setCustomValidity(sentence);
    say("[data-problem=files]", sentence);
  });
  discard.addEventListener("click", (event) => {
    event.preventDefault();
    isEdited = false;
    lock();
    renew();
  });
}

function lock() {
  for (const field of form.querySelectorAll(".field:not([data-beside])")) {
    field.inert = isEdited;
  }
  form.querySelector("[data-locked]").hidden = !isEdited;
  if (isEdited) { // what it says is about the fields
    say("[data-start]", "");
  }
}

function tooLarge(files) {
  const large = files.find((one) => one.size > MOST);
  const inAll = files.reduce((sum, one) => sum + one.size, 0);
  const what = large ? `${large.name} is` : "They are";
  return large || inAll > MOST_IN_ALL
    ? `${what} larger than a form takes: tick 'hold it', upload on the job's page of files, and `
      + "release the job." : "";
}

async function read(file) {
  const {script} = form.elements;
  const name = file.files[0].name;
  if (!EMPTY.includes(script.value.trim())) {
    say("[data-problem=script_file]", "There is a script in the field, too: empty one of the two.");
    return;
  }
  let text;
  try {
    const data = await file.files[0].arrayBuffer();
    text = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(data);
  } catch {
    say("[data-problem=script_file]", `${name} is no text in UTF-8: is it a program?`);
    return;
  }
  const had = [];
  if (text.startsWith("\ufeff")) {
    had.push("a byte-order mark");
  }
  if (text.includes("\r\n")) {
    had.push("Windows line ends (CRLF)");
  }
  say("[data-problem=script_file]", "");
  say("[data-fixed]", had.length ? `${name} had ${had.join(" and ")}: the script is without.` : "");
  script.value = text.replace(/^\ufeff/, "");
  file.value = "";
  renew();
}

async function renew() {
  asked += 1;
  const number = asked;
  const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  let answer;
  try {
    answer = await fetch(form.dataset.preview, {method: "POST", body: new URLSearchParams(fields)});
  } catch {
    return; // no network at the moment: Submit says so
  }
  if (answer.ok && number === asked) {
    show(await answer.json());
  }
}

function show(preview) {
  const {batch, shown} = form.elements;
  if (!isEdited) {
    batch.value = preview.script;
    shown.value = preview.mark;
  }
  for (const [kind, found] of [["hint", preview.limits.hints],
    ["excess", preview.limits.excesses], ["problem", preview.problems]]) {
    for (const part of form.querySelectorAll(`[data-${kind}]`)) {
      const name = part.dataset[kind];
      const field = form.elements[name];
      if (field?.type === "file") { // which the preview does not get
        continue;
      }
      const isOpen = kind !== "problem" || field?.value; // what is empty is not wrong yet
      say(part, (isOpen && found[name]) || "");
      if (kind === "problem") {
        field?.setAttribute("aria-invalid", String(Boolean(isOpen && found[name])));
      }
    }
  }
  say("[data-none]", preview.why_none);
  say("[data-start]", isEdited ? "" : preview.limits.start);
  if (preview.fixed.length) {
    say("[data-fixed]", `The script had ${preview.fixed.join(" and ")}: it is submitted without.`);
  }
  const beside = form.querySelector("[data-besides]");
  beside.replaceChildren(...preview.beside.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
  beside.hidden = !preview.beside.length;
  form.dataset.previewed = String(Number(form.dataset.previewed ?? 0) + 1);
}

function say(part, text) {
  const found = typeof part === "string" ? form.querySelector(part) : part;
  found.textContent = text;
  found.hidden = !text && found.dataset.hint === undefined;
}
