// Small comforts of every page.  Nothing here is needed: without script the same pages work, with a few more fields shown.

/** Fields that hang on another answer (`data-show-if="name"`, `data-show-is="value"`) are shown when it is given. */
function conditional(root) {
  for (const part of root.querySelectorAll('[data-show-if]')) {
    const form = part.closest('form');
    const name = part.dataset.showIf;
    const given = () => [...form.elements].filter((e) => e.name === name)
      .map((e) => (e.type === 'radio' || e.type === 'checkbox' ? (e.checked ? e.value : null) : e.value));
    const update = () => { part.hidden = !given().includes(part.dataset.showIs); };
    form.addEventListener('change', update);
    update();
  }
}

/** `data-print` prints the page; it is drawn hidden because without script the browser's own menu prints. */
function printing(root) {
  for (const button of root.querySelectorAll('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}

/** A form that was sent is not sent a second time by a second click. */
function once(root) {
  for (const form of root.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = 'yes';
    });
  }
  window.addEventListener('pageshow', () => root.querySelectorAll('form[data-once]').forEach((f) => delete f.dataset.sent));
}

/** Open menus close on Escape and on a click elsewhere. */
function menus(root) {
  const open = () => root.querySelectorAll('details.yc-menu[open]');
  document.addEventListener('click', (e) => open().forEach((m) => { if (!m.contains(e.target)) m.open = false; }));
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    open().forEach((m) => { m.open = false; m.querySelector('summary').focus(); });
  });
}

/** The error summary takes the focus, so that it is read out first. */
function summary(root) {
  root.querySelector('[data-error-summary]')?.focus();
}

for (const part of [conditional, printing, once, menus, summary]) part(document);
