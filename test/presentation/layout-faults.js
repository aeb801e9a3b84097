// Runs inside the page: by how much it is wider than its window, and words of charts that lie on others or beyond the edge.
(() => {
  const overlap = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.35 * Math.min(a.height, b.height);
  const faultsOf = (svg) => {
    const frame = svg.getBoundingClientRect();
    const title = svg.querySelector('title')?.textContent;
    const texts = [...svg.querySelectorAll('text')].map((text) => ({
      words: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    const cut = texts.filter(
      ({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1,
    );
    const onOthers = texts.flatMap((a, i) =>
      texts
        .slice(i + 1)
        .filter((b) => overlap(a.box, b.box))
        .map((b) => `${title}: "${a.words}" on "${b.words}"`),
    );
    return [...cut.map(({ words }) => `${title}: "${words}" is cut off`), ...onOthers];
  };
  const { scrollWidth, clientWidth } = document.documentElement;
  return {
    widerPx: scrollWidth - clientWidth,
    faults: [...document.querySelectorAll('figure svg')].flatMap(faultsOf),
  };
})();
