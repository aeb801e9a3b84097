import { INK_CLASSES, inkVariables } from './charts/palette.ts';

const LIGHT = `${inkVariables.light};--line:#d8dee4;--soft:#f6f8fa;--link:#0b5cad;--warn-bg:#fff8e6;--warn:#7d4e00;--error-bg:#fdf0ed;--sim-bg:#fdf0ed`;
const DARK = `${inkVariables.dark};--line:#30363d;--soft:#1c2026;--link:#79b8ff;--warn-bg:#2a2312;--warn:#e3b341;--error-bg:#2d1a17;--sim-bg:#2d1a17`;

/** The page's stylesheet: system type, one measure, dark by preference, light on paper, cards below 640 px. */
export const STYLESHEET = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
@media print{:root{color-scheme:light;${LIGHT}}}
${INK_CLASSES}
*{box-sizing:border-box}
body{margin:0;background:var(--ink-paper);color:var(--ink-text);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
header,main{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:36px}
h1{font-size:28px;line-height:1.2;margin:0;letter-spacing:-.015em;font-weight:650}
h2{font-size:20px;line-height:1.3;margin:0 0 12px;letter-spacing:-.01em;font-weight:620}
h3{font-size:16px;margin:24px 0 8px}
p{margin:0 0 12px;max-width:78ch;overflow-wrap:anywhere}
.subtitle{color:var(--ink-quiet);margin:4px 0 0}
nav{margin:14px 0 0;display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13.5px}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
section{padding:28px 0 12px;border-top:1px solid var(--line);margin-top:24px}
#answer{border-top:0;margin-top:0}
#answer>p{font-size:17px;line-height:1.5}
.scroll{overflow-x:auto;margin:0 0 20px}
table{border-collapse:collapse;width:100%;font-size:13.5px;line-height:1.4}
caption{text-align:left;color:var(--ink-quiet);font-size:13px;padding:0 0 6px}
th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0;border-bottom:1px solid var(--line)}
th{font-weight:600;font-size:12.5px;vertical-align:bottom;color:var(--ink-quiet);border-bottom-color:var(--ink-quiet)}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right}
td.number{white-space:nowrap}
td.number.muted{white-space:normal}
td{overflow-wrap:anywhere;min-width:6.3em}
td.number{min-width:4em}
.dense td{min-width:0;overflow-wrap:normal}
#answer tbody tr td:first-child{font-weight:600}
.muted{color:var(--ink-quiet)}
[title]{text-decoration:underline dotted var(--line);text-underline-offset:3px}
.badge{display:inline-block;font-size:11px;line-height:1.5;font-weight:600;padding:0 6px;border-radius:3px;border:1px solid var(--line);color:var(--ink-quiet);white-space:nowrap;text-decoration:none}
.badge.measured,.badge.good{color:var(--ink-good);border-color:currentColor}
.badge.simulated{color:var(--ink-bad);border:1px dashed currentColor;letter-spacing:.04em;font-weight:700}
.badge.assumed,.badge.unsure{color:var(--warn);border-color:currentColor}
.badge.bad{color:var(--ink-bad);border-color:currentColor}
.badge.catalogue{color:var(--ink-p50);border-color:currentColor}
.simulated-banner{margin:18px 0 0;padding:10px 14px;max-width:none;border:1.5px dashed var(--ink-bad);background:var(--sim-bg);border-radius:4px}
.simulated-banner strong{color:var(--ink-bad);letter-spacing:.04em;margin-right:6px}
.notice{max-width:none;margin:0 0 8px;padding:8px 14px;border-left:3px solid var(--line);background:var(--soft);font-size:14px}
.notice strong{font-size:13px;letter-spacing:.01em}
.notice ul{margin:4px 0 2px;padding-left:18px;font-size:13.5px;overflow-wrap:anywhere}
.notice.error{border-color:var(--ink-bad);background:var(--error-bg)}
.notice.warning{border-color:var(--warn);background:var(--warn-bg)}
.severity{font-size:12px;color:var(--ink-quiet)}
.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:28px 36px;margin:8px 0 24px}
figure{margin:0;overflow-x:auto}
figure.full{grid-column:1/-1}
figure svg{display:block;width:100%;height:auto}
pre{background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:10px 14px;overflow-x:auto;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media (max-width:860px){.charts{grid-template-columns:minmax(0,1fr)}}
@media (max-width:640px){
header,main{padding-left:16px;padding-right:16px}
header{padding-top:22px}
h1{font-size:23px}
figure.half text{font-size:13px}
figure.half text.tag{font-size:11px}
figure.full svg{min-width:640px}
.scroll:not(.dense) thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.scroll:not(.dense) :is(table,tbody,tr,td,caption){display:block;width:auto}
.scroll:not(.dense) tr{border:1px solid var(--line);border-radius:4px;margin:0 0 10px;padding:6px 12px}
.scroll:not(.dense) :is(td,td.number){display:flex;justify-content:space-between;gap:16px;border:0;padding:3px 0;text-align:right;white-space:normal}
.scroll:not(.dense) td::before{content:attr(data-label);color:var(--ink-quiet);text-align:left;flex:0 0 40%;font-weight:400}
.scroll:not(.dense) td:first-child{font-weight:600;justify-content:flex-start;text-align:left}
.scroll:not(.dense) td:first-child::before{content:none}
.dense td{white-space:nowrap;overflow-wrap:normal}
.dense td:first-child{position:sticky;left:0;background:var(--ink-paper)}
.dense caption{width:calc(100vw - 32px);position:sticky;left:0}
}
@media print{
body{font-size:10.5pt}
header,main{max-width:none;padding:0}
nav{display:none}
section,figure,tr,.notice{break-inside:avoid}
section{break-inside:auto}
.scroll,figure{overflow:visible}
table{font-size:8.5pt}
th,td{padding-right:8px}
}
`;
