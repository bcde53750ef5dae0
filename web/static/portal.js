/* Conveniences; every page works without them. Copying the PIN, and progress that
 * shows itself without loading the page anew. */
"use strict";

(function () {
	var STEP_MS = 1500;

	function copy(button) {
		var source = document.getElementById(button.dataset.copy);

		navigator.clipboard.writeText(source.dataset.value).then(function () {
			var said = document.getElementById(button.dataset.said);
			said.textContent = button.dataset.done;
		});
	}

	function showCopyButtons() {
		if (!navigator.clipboard)
			return;
		document.querySelectorAll("button[data-copy]").forEach(function (button) {
			button.hidden = false;
			button.addEventListener("click", function () { copy(button); });
		});
	}

	/* The same page, fetched; its progress replaces ours. It ends as the page does. */
	function follow(progress) {
		setTimeout(function () {
			fetch(location.href, { credentials: "same-origin", cache: "no-store" })
				.then(function (answer) {
					if (!answer.ok || answer.redirected)
						throw new Error("moved");
					return answer.text();
				})
				.then(function (text) {
					var page = new DOMParser().parseFromString(text, "text/html");
					var next = page.getElementById("progress");

					/* What comes at the end is the whole page's to say. */
					if (!next || !("working" in next.dataset))
						throw new Error("over");
					progress.replaceWith(next);
					follow(next);
				})
				.catch(function () { location.reload(); });
		}, STEP_MS);
	}

	showCopyButtons();
	var progress = document.getElementById("progress");
	if (progress && "working" in progress.dataset)
		follow(progress);
})();
