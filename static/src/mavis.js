// Starts GOV.UK's components. Every page works without this.
// The address comes from the page, because a served file's name carries a hash of its content.
const { initAll } = await import(document.querySelector("meta[name=govuk-frontend]").content);

initAll();

// While work goes on, what is marked data-live is renewed in place; at the end the page reloads.
const refresh = document.querySelector("meta[name=mavis-refresh]");
if (refresh) {
  const renew = async () => {
    const response = await fetch(location.href).catch(() => null);
    if (response?.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.redirected || !page.querySelector("meta[name=mavis-refresh]")) {
        location.reload();
        return;
      }
      for (const part of document.querySelectorAll("[data-live]")) {
        const renewed = page.getElementById(part.id);
        if (renewed) part.innerHTML = renewed.innerHTML;
      }
    }
    setTimeout(renew, refresh.content * 1000);
  };
  setTimeout(renew, refresh.content * 1000);
}

// On a narrow screen filters would push the list out of sight. On a wide one they stand beside it.
if (matchMedia("(min-width: 61.25em)").matches) {
  for (const filters of document.querySelectorAll(".mavis-filter-layout .mavis-filter")) filters.open = true;
}
