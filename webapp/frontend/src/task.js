// The task page: the button says what will be submitted, the opinion says whether it is asked for, nothing typed is left behind
// unnoticed.

const form = document.querySelector('form[data-task]');

function outcomes() {
  const submit = form.querySelector('[data-submit]');
  const rule = form.querySelector('[data-opinion-rule]');
  const verb = submit.textContent.trim().split('：')[0];
  const update = () => {
    const chosen = form.querySelector('[data-outcome]:checked');
    for (const radio of form.querySelectorAll('[data-outcome]')) radio.closest('.wb-choice').classList.toggle('on', radio.checked);
    if (!chosen) return;
    submit.textContent = `${verb}：${chosen.dataset.outcome}`;
    rule.textContent = 'opinionRequired' in chosen.dataset ? '（必填）' : '（选填）';
  };
  form.addEventListener('change', update);
  update();
}

function unsaved() {
  let typed = false;
  form.addEventListener('input', () => { typed = true; });
  form.addEventListener('submit', () => { typed = false; });
  window.addEventListener('beforeunload', (event) => { if (typed) event.preventDefault(); });
}

if (form) {
  outcomes();
  unsaved();
  form.querySelector('[data-focus]')?.focus();
}
