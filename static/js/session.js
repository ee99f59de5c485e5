// When the session has ended, the server answers with the sign-in page. That page is no part of
// this one: reload, so that the whole window shows it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const answered = event.detail.xhr.responseURL;
  if (!answered || new URL(answered).pathname !== document.body.dataset.signIn) return;
  event.preventDefault();
  location.reload();
});
