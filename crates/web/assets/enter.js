// A link's code stands after the #, which no server and no log ever sees. It goes into the form,
// and out of the address and the history. Signing in is the person's to do: previews press no button.
const code = location.hash.slice(1);
if (code) {
  document.getElementById("token").value = code;
  document.getElementById("typed").hidden = true;
  document.getElementById("ready").hidden = false;
  document.querySelector("#enter button").focus();
  history.replaceState(null, "", "/enter");
}
