// A button on every block of code; of a session only what was typed is copied, without prompts and answers.
function typed(text) {
  const lines = text.split("\n");
  if (!lines.some((line) => line.startsWith(">>> "))) return text.trimEnd();
  const kept = lines.filter((line) => /^(>>>|\.\.\.)( |$)/.test(line));
  return kept.map((line) => line.slice(4)).join("\n");
}
document.addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll("div.highlight")) {
    const button = document.createElement("button");
    button.className = "copy";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(typed(block.querySelector("pre").textContent));
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    block.append(button);
  }
});
