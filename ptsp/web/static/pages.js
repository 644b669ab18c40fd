// What the pages do better with a script. All of them work without it.
"use strict";

// A form that was refused: bring the list of problems into view and under the keyboard.
const summary = document.querySelector("#problems .summary");
if (summary) document.getElementById("problems").focus();

// A link to a field puts the cursor into it, also in a group of choices.
document.addEventListener("click", (event) => {
  const link = event.target.closest("#problems a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  (field.matches("fieldset") ? field.querySelector("input") : field).focus();
  field.closest(".field").scrollIntoView({ block: "center" });
});

// The quote without leaving the page, so that chosen files stay chosen.
const order = document.getElementById("order");
if (order) {
  order.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button) return;
    if (button.value !== "quote") return busy(button);
    event.preventDefault();
    const label = button.textContent;
    busy(button);
    try {
      await quote();
    } finally {
      button.textContent = label;
      button.removeAttribute("aria-disabled");
    }
  });
}

function busy(button) {
  button.textContent = button.dataset.wait;
  button.setAttribute("aria-disabled", "true");
}

async function quote() {
  const form = new FormData(order);
  for (const input of order.querySelectorAll("input[type=file]")) form.delete(input.name);
  form.set("do", "quote");
  const answer = await fetch(order.action, { method: "POST", body: form });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["quote", "problems"]) {
    const fresh = page.getElementById(id);
    document.getElementById(id).replaceChildren(...(fresh ? fresh.childNodes : []));
  }
  for (const old of order.querySelectorAll(".field p.fault")) old.remove();
  for (const field of order.querySelectorAll(".field.wrong")) mark(field, false);
  for (const fault of page.querySelectorAll("#order p.fault")) {
    const input = document.getElementById(fault.id.replace(/-fault$/, ""));
    if (!input) continue;
    const field = input.closest(".field");
    mark(field, true);
    (field.matches("fieldset") ? field.querySelector("legend") : field.querySelector("label")).after(fault);
    const told = (input.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
    input.setAttribute("aria-describedby", [...new Set([...told, fault.id])].join(" "));
  }
  if (!answer.ok && document.querySelector("#problems .summary")) document.getElementById("problems").focus();
}

function mark(field, wrong) {
  field.classList.toggle("wrong", wrong);
  const input = field.matches("fieldset") ? field : field.querySelector("input, select, textarea");
  if (!wrong) {
    const told = (input.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !id.endsWith("-fault"));
    if (told.length) input.setAttribute("aria-describedby", told.join(" "));
    else input.removeAttribute("aria-describedby");
  }
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// The drawing opens where the work is now.
function show_current() {
  const box = document.querySelector("#live .drawing");
  if (!box) return;
  const nodes = [...box.querySelectorAll(".node.s-running, .node.s-asked, .node.s-ready, .node.s-stuck")];
  const left = Math.min(...nodes.map((node) => node.getBoundingClientRect().left));
  if (nodes.length) box.scrollLeft += left - box.getBoundingClientRect().left - box.clientWidth / 4;
}
show_current();

// The tracking page follows an open bundle by itself.
const PERIOD = 10000;
async function follow() {
  const live = document.getElementById("live");
  if (!live || live.dataset.open !== "yes") return;
  if (!document.hidden) await refresh(live).catch(() => undefined); // away for a while: the next round tries again
  setTimeout(follow, PERIOD);
}

async function refresh(live) {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh || fresh.dataset.stamp === live.dataset.stamp || live.contains(document.activeElement)) return;
  const opened = [...live.querySelectorAll("details")].map((details) => details.open);
  const scrolled = live.querySelector(".drawing").scrollLeft;
  live.replaceWith(fresh);
  fresh.querySelectorAll("details").forEach((details, index) => (details.open = Boolean(opened[index])));
  fresh.querySelector(".drawing").scrollLeft = scrolled;
  const said = document.getElementById("fresh");
  said.textContent = said.dataset.text;
}
setTimeout(follow, PERIOD);
