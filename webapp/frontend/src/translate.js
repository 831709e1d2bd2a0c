import zh from 'bpmn-js-i18n-zh/lib/bpmn-js';

/** bpmn-js's own texts in Chinese; an unknown one stays as it is. */
export function translate(template, replacements = {}) {
  return (zh[template] || template).replace(/{([^}]+)}/g, (whole, key) => replacements[key] ?? whole);
}

export default { translate: ['value', translate] };
