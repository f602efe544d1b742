// Turns the list of schools into a field that searches it. Without this the list itself is used.
for (const list of document.querySelectorAll("select[data-school-picker]")) {
  const schools = [...list.options].filter((option) => option.value);
  // Every word that was typed stands somewhere in the school's name or address.
  const found = (typed) => {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    return schools.filter((one) => words.every((word) => one.text.toLowerCase().includes(word)));
  };
  // Names that begin so come before the many schools of a town that is called so.
  const suggested = (typed) => {
    const begins = (one) => one.text.toLowerCase().startsWith(typed.trim().toLowerCase());
    return found(typed).sort((one, other) => begins(other) - begins(one));
  };
  const choose = (text) => {
    list.value = schools.find((one) => one.text === text)?.value ?? "";
  };
  const hint = document.getElementById(`${list.id}-hint`);
  hint.textContent = hint.dataset.hintOfSearch;

  window.accessibleAutocomplete.enhanceSelectElement({
    selectElement: list,
    defaultValue: list.value ? list.selectedOptions[0].text : "",
    inputClasses: list.classList.contains("govuk-select--error") ? "govuk-input--error" : null,
    minLength: 2,
    autoselect: false,
    confirmOnBlur: false,
    // In line, its going would move the button away from under a finger that presses it.
    displayMenu: "overlay",
    source: (typed, show) => show(suggested(typed).slice(0, 12).map((one) => one.text)),
    tNoResults: () => "No school found",
    onConfirm: (text) => text && choose(text),
  });

  // What was typed without choosing counts where it can mean one school only.
  const field = list.parentElement.querySelector("input");
  list.form.addEventListener("submit", () => {
    const typed = field.value.trim();
    if (list.selectedOptions[0]?.text === typed) return;
    const left = typed ? found(typed) : [];
    choose(left.length === 1 ? left[0].text : typed);
  });
}
