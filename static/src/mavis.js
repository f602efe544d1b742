// Starts GOV.UK's components. Every page works without this.
// The address comes from the page, because a served file's name carries a hash of its content.
const { initAll } = await import(document.querySelector("meta[name=govuk-frontend]").content);

initAll();

// A form that was sent is not sent again by an impatient second click.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// The back button may show the page as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
