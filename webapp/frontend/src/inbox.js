// The inbox from the keyboard, and several rows at once.  Every act here is a link or a button of the page.

const OFF = 'yc-keys-off';
const TYPING = 'input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open] *';

const list = document.querySelector('[data-inbox]');
const rows = list ? [...list.querySelectorAll('[data-row]')] : [];
const dialog = document.querySelector('[data-keys-dialog]');

const at = () => rows.findIndex((row) => row.contains(document.activeElement));
const part = (row, name) => row?.querySelector(`[data-${name}]`);

function move(by) {
  const next = Math.min(Math.max(at() + by, 0), rows.length - 1);
  part(rows[next], 'open')?.focus();
}

const KEYS = {
  j: () => move(1),
  k: () => move(at() < 0 ? 1 : -1),
  c: () => part(rows[at()], 'claim')?.click(),
  x: () => part(rows[at()], 'pick')?.click(),
  '?': () => dialog?.showModal(),
};

/** A key alone may be struck by accident or by a voice: there is a switch for them (WCAG 2.1.4). */
const keysOff = () => localStorage.getItem(OFF) === '1';

function keyboard() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keysOff()) return;
    if (event.target.closest?.(TYPING)) return;
    const act = event.key === '/' ? () => document.querySelector('#find')?.focus() : list && KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  list?.addEventListener('focusin', () => rows.forEach((row, i) => row.classList.toggle('at', i === at())));
}

function help() {
  const off = document.querySelector('[data-keys-off]');
  if (!off) return;
  off.checked = keysOff();
  off.addEventListener('change', () => localStorage.setItem(OFF, off.checked ? '1' : '0'));
  document.querySelector('[data-keys]').hidden = false;
  document.querySelector('[data-help]').addEventListener('click', () => dialog.showModal());
}

/** The bar for several rows appears with the first tick and says how many there are. */
function bulk() {
  const bar = document.querySelector('[data-bulk]');
  if (!bar) return;
  const all = list.querySelector('[data-pick-all]');
  const picks = [...list.querySelectorAll('[data-pick]')];
  const count = bar.querySelector('[data-bulk-count]');
  const claim = bar.querySelector('[data-bulk-claim]');
  const clear = bar.querySelector('[data-bulk-clear]');
  const update = () => {
    const chosen = picks.filter((pick) => pick.checked).length;
    bar.hidden = chosen === 0;
    count.textContent = `已选 ${chosen} 件`;
    claim.textContent = `认领 ${chosen} 件`;
    all.checked = chosen === picks.length;
    all.indeterminate = chosen > 0 && chosen < picks.length;
    for (const row of rows) row.classList.toggle('sel', Boolean(part(row, 'pick')?.checked));
  };
  const set = (value) => { for (const pick of picks) pick.checked = value; update(); };
  all.hidden = false;
  clear.hidden = false;
  count.setAttribute('role', 'status');
  all.addEventListener('change', () => set(all.checked));
  clear.addEventListener('click', () => set(false));
  list.addEventListener('change', update);
  window.addEventListener('pageshow', update);
  update();
}

keyboard();
help();
bulk();
