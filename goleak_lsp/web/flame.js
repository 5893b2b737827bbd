"use strict";
(() => {
  const [NAME, PLACE, MINE, COUNT, BASE, BELOW] = [0, 1, 2, 3, 4, 5];
  const HEIGHT = 22;
  const root = JSON.parse(document.getElementById("data").textContent);
  const graph = document.getElementById("graph");
  const told = document.getElementById("told");
  const find = document.getElementById("find");
  const back = document.getElementById("back");
  const compared = root[BASE] > 0;
  let shown = [root];

  const share = (part, whole) => `${((100 * part) / (whole || 1)).toFixed(1)} %`;

  function tell(node) {
    const base = compared ? `, ${node[BASE]} in the base` : "";
    const place = node[PLACE] ? `  ${node[PLACE]}` : "";
    return `${node[NAME]}${place}  ${node[COUNT]} (${share(node[COUNT], root[COUNT])})${base}`;
  }

  function colour(node) {
    if (compared) {
      const change = (node[COUNT] - node[BASE]) / Math.max(node[COUNT], node[BASE], 1);
      return `hsl(${change >= 0 ? 5 : 215} ${Math.abs(change) * 80}% ${84 - Math.abs(change) * 14}%)`;
    }
    if (node[NAME].startsWith("[")) return "hsl(0 0% 82%)";
    let hash = 0;
    for (const c of node[NAME]) hash = (hash * 31 + c.codePointAt(0)) % 997;
    // The user's own code is warm, libraries are cool.
    return node[MINE] ? `hsl(${20 + (hash % 30)} 85% 68%)` : `hsl(${190 + (hash % 40)} 35% 80%)`;
  }

  // A function without the folders of its import path, which the status line and the title have.
  const short = (node) => node[NAME].replace(/^.*\//, "");

  function box(node, path, x, width, depth) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "box";
    made.style.left = `${x}px`;
    made.style.top = `${depth * HEIGHT}px`;
    made.style.width = `${Math.max(width - 1, 1)}px`;
    made.style.background = colour(node);
    if (width > 30) made.textContent = `${short(node)} ${node[COUNT]}`;
    const wanted = find.value.trim().toLowerCase();
    made.classList.toggle("dim", wanted !== "" && !node[NAME].toLowerCase().includes(wanted));
    made.title = tell(node);
    made.setAttribute("aria-label", made.title);
    for (const seen of ["mouseenter", "focus"]) made.addEventListener(seen, () => { told.textContent = tell(node); });
    made.addEventListener("click", () => { shown = path; draw(); });
    return made;
  }

  function draw() {
    const width = graph.clientWidth;
    const boxes = [];
    let deepest = 0;
    const place = (path, x, wide, depth) => {
      if (wide < 1) return;
      const node = path[path.length - 1];
      deepest = Math.max(deepest, depth);
      boxes.push(box(node, path, x, wide, depth));
      let at = x;
      for (const child of node[BELOW]) {
        const part = (wide * child[COUNT]) / (node[COUNT] || 1);
        place([...path, child], at, part, depth + 1);
        at += part;
      }
    };
    // The callers of what is shown stay above it, each as wide as the page.
    const callers = shown.length - 1;
    for (let i = 0; i < callers; i++) boxes.push(box(shown[i], shown.slice(0, i + 1), 0, width, i));
    place(shown, 0, width, callers);
    graph.replaceChildren(...boxes);
    graph.style.height = `${(deepest + 1) * HEIGHT + 4}px`;
    back.hidden = callers === 0;
  }

  back.addEventListener("click", () => { shown = [root]; draw(); });
  find.addEventListener("input", draw);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { shown = [root]; find.value = ""; draw(); }
  });
  window.addEventListener("resize", draw);
  draw();
})();
