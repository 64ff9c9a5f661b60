// Before the page is drawn: the theme that was chosen, so that nothing flashes.
try {
  const theme = localStorage.getItem("pixl-theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* a browser that keeps nothing follows the system */ }
