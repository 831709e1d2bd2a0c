// Draws the BPMN diagrams of a page: every `[data-bpmn]` names its source, the current steps and the steps done.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import translate from './translate.js';

const READABLE = 0.5; // below this scale labels cannot be read: the diagram is then cut, and moved by hand
const STEP = 1.25;
const MARGIN = 24; // around the drawing, in its own units

const words = (text) => (text || '').split(/\s+/).filter(Boolean);

/** The shape of a node: its own, or that of the call activity that calls the process it is drawn in (`process/node`). */
function shapeOf(registry, ref) {
  const [process, node] = ref.includes('/') ? ref.split('/') : [null, ref];
  return registry.get(node) || registry.find((e) => process && e.businessObject?.calledElement === process);
}

function mark(viewer, refs, marker, badge) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const shapes = new Set(refs.map((ref) => shapeOf(viewer.get('elementRegistry'), ref)).filter(Boolean));
  for (const shape of shapes) {
    canvas.addMarker(shape.id, marker);
    const html = Object.assign(document.createElement('span'), { className: `yc-bpmn-badge ${marker}`, textContent: badge });
    overlays.add(shape.id, { position: { top: -11, left: 6 }, html });
  }
  return [...shapes];
}

/** The box around everything drawn: canvas's own `inner` box leaves out the labels of the outermost elements. */
function drawn(viewer) {
  const boxes = viewer.get('elementRegistry').filter((e) => e.parent && e.width !== undefined);
  const x = Math.min(...boxes.map((b) => b.x));
  const y = Math.min(...boxes.map((b) => b.y));
  const right = Math.max(...boxes.map((b) => b.x + b.width));
  const bottom = Math.max(...boxes.map((b) => b.y + b.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Give the drawing its height, show it whole, or as much around `focus` as can be read. */
function fit(viewer, area, focus) {
  const canvas = viewer.get('canvas');
  const inner = drawn(viewer);
  const whole = Math.min(1, area.clientWidth / (inner.width + 2 * MARGIN));
  const scale = Math.max(whole, READABLE);
  area.style.height = `${Math.round(Math.min(Math.max((inner.height + 2 * MARGIN) * scale, 160), 560))}px`;
  canvas.resized();
  const box = drawn(viewer);
  canvas.viewbox({ x: box.x - MARGIN, y: box.y - MARGIN, width: box.width + 2 * MARGIN, height: box.height + 2 * MARGIN });
  if (canvas.zoom() > 1) canvas.zoom(1, 'auto');
  if (canvas.zoom() >= READABLE) return;
  canvas.zoom(READABLE);
  const outer = canvas.viewbox();
  const at = focus || { x: inner.x, y: inner.y + inner.height / 2, width: outer.width - 40, height: 0 };
  canvas.viewbox({ ...outer, x: at.x + at.width / 2 - outer.width / 2, y: at.y + at.height / 2 - outer.height / 2 });
}

function controls(figure, viewer, refit) {
  const canvas = viewer.get('canvas');
  const act = { in: () => canvas.zoom(canvas.zoom() * STEP), out: () => canvas.zoom(canvas.zoom() / STEP), fit: refit };
  for (const button of figure.querySelectorAll('[data-bpmn-act]')) button.addEventListener('click', act[button.dataset.bpmnAct]);
  figure.querySelector('[data-bpmn-bar]').hidden = false;
}

export async function draw(figure) {
  const area = figure.querySelector('[data-bpmn-canvas]');
  const status = figure.querySelector('[data-bpmn-status]');
  status.textContent = '正在打开流程图……';
  try {
    const answer = await fetch(figure.dataset.src, { credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    area.hidden = false;
    // the wheel scrolls the page: a diagram must not catch a reader on the way down
    const viewer = new NavigatedViewer({ container: area, zoomScroll: { enabled: false }, additionalModules: [translate] });
    await viewer.importXML(await answer.text());
    mark(viewer, words(figure.dataset.done), 'yc-bpmn-done', '✓');
    const [now] = mark(viewer, words(figure.dataset.current), 'yc-bpmn-now', '当前');
    const refit = () => fit(viewer, area, now);
    refit();
    controls(figure, viewer, refit);
    const svg = area.querySelector('svg');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', figure.dataset.label);
    figure.dataset.drawn = 'yes';
    status.textContent = '';
    return viewer;
  } catch (error) {
    area.hidden = true;
    status.textContent = '流程图没有打开。下面的文字与图相同；也可以稍后刷新本页再试。';
    console.error(error);
    return null;
  }
}

document.querySelectorAll('[data-bpmn]').forEach(draw);
