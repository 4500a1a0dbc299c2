// Tries the journey again as one types. Without this file the button does the same.
"use strict";

const form = document.getElementById("trying");
const live = document.getElementById("live");
let waiting = 0;
let asking = new AbortController();
let asked = addressOf();

function addressOf() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value) query.append(name, value);
  }
  return `${form.action}?${query}`;
}

async function tryAgain() {
  const address = addressOf();
  if (address === asked) return;
  asked = address;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  live.textContent = "trying…";
  try {
    const answer = await fetch(address, { signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const result = page.getElementById("result");
    if (!result) throw new Error(answer.statusText);
    document.getElementById("result").replaceWith(result);
    tellFaults(page);
    history.replaceState(null, "", address);
    live.textContent = "";
  } catch {
    if (signal.aborted) return;
    asked = "";
    live.textContent = "The server does not answer; press the button to try again.";
  }
}

function tellFaults(page) {
  form.querySelectorAll(".wrong").forEach((each) => each.remove());
  form.querySelectorAll("[aria-invalid]").forEach((each) => {
    each.removeAttribute("aria-invalid");
    each.removeAttribute("aria-describedby");
  });
  page.querySelectorAll("#trying .wrong").forEach((each) => {
    const field = form.elements.namedItem(each.id.replace("wrong-", ""));
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", each.id);
    field.after(each);
  });
}

function changed(event) {
  clearTimeout(waiting);
  // Other rules may ask for other things: the form itself is made anew.
  if (event.target.name === "rules") form.requestSubmit();
  else waiting = setTimeout(tryAgain, 350);
}

form.addEventListener("input", changed);
form.addEventListener("change", changed);
