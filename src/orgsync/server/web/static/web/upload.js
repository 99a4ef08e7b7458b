// Upload: drag a file onto the form, a word while it is on its way, and no in-vain sending of what is too large.
"use strict";
for (const form of document.querySelectorAll("[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const progress = form.querySelector("[data-progress]");
  const said = form.querySelector("[data-progress-text]");
  const button = form.querySelector("button.primary");

  const check = () => {
    const file = input.files[0];
    const isTooLarge = file !== undefined && file.size > Number(form.dataset.largest);
    input.setCustomValidity(isTooLarge ? form.dataset.tooLarge : "");
    if (isTooLarge) input.reportValidity();
  };

  form.querySelector("[data-drop-hint]").hidden = false;
  input.addEventListener("change", check);
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    check();
  });

  const rest = (isWorking) => {
    progress.hidden = !isWorking;
    button.disabled = isWorking;
  };
  form.addEventListener("submit", () => {
    said.textContent = `${form.dataset.working} ${input.files[0]?.name ?? ""} …`;
    rest(true);
  });
  // Coming back by the browser's button shows the page as it was left.
  addEventListener("pageshow", () => rest(false));
}
