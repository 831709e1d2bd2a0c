// The workbench: the comforts of every page, and htmx for parts of a page that refresh by themselves.
import './page.js';
import './inbox.js';
import './task.js';
import htmx from 'htmx.org';

htmx.config.includeIndicatorStyles = false; // would be an inline style, which the content security policy refuses
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
window.htmx = htmx;
