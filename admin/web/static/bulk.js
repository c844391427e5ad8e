// The buttons under the list wait until a job is ticked, and say how many are.
"use strict";

function count() {
  const ticked = document.querySelectorAll("#list input[name=name]:checked").length;
  for (const button of document.querySelectorAll(".bulk button")) button.disabled = !ticked;
  const said = document.getElementById("chosen");
  if (said) said.textContent = ticked ? `${ticked} chosen:` : "Tick jobs to move them together:";
}

for (const news of ["change", "refreshed", "htmx:afterSettle"]) document.addEventListener(news, count);
addEventListener("pageshow", count);
count();
