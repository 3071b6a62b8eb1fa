// SPDX-License-Identifier: GPL-2.0-or-later
"use strict";
(() => {
  const root = document.documentElement;
  // The page has defined causeTable: name and pattern of each cause, and barOrder: their names in the order of bars.
  const causes = causeTable.map(cause => cause.name);
  const charts = [];
  document.body.classList.add("live-page");

  const colour = name => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // As the rest of descry writes numbers: three digits and a unit.
  function time(ns) {
    if (ns < 1000) return Math.round(ns) + " ns";
    let value = ns / 1000, unit = 0;
    const units = ["us", "ms", "s"];
    while (value >= 999.5 && unit < 2) { value /= 1000; ++unit; }
    return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + " " + units[unit];
  }
  const percent = share => share <= 0 ? "-" : (share * 100).toFixed(1) + " %";
  const count = n => n.toLocaleString("en-US");

  // Colour and pattern of a cause, the same lines as the still pictures have.
  function pattern(cause) {
    const {lines} = causeTable.find(({name}) => name === cause);
    const tile = element("canvas", {width: 8, height: 8}), pen = tile.getContext("2d");
    pen.fillStyle = colour(cause);
    pen.fillRect(0, 0, 8, 8);
    if (lines) {
      pen.strokeStyle = "rgba(0,0,0,.22)";
      pen.lineWidth = 1.4;
      pen.stroke(new Path2D(lines));
    }
    return pen.createPattern(tile, "repeat");
  }

  function makeChart(figure, height, configuration) {
    const canvas = element("canvas", {});
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", figure.querySelector("figcaption").textContent);
    const box = element("div", {className: "canvas"}, canvas);
    box.style.height = height + "px";
    figure.append(box);
    figure.classList.add("live");
    const chart = new Chart(canvas, configuration());
    charts.push({chart, configuration, redraw() {
      const made = configuration();
      chart.data = made.data;
      chart.options = made.options;
      chart.update("none");
    }});
    return charts.at(-1);
  }

  function controls(figure) {
    const bar = element("div", {className: "controls"});
    figure.querySelector("figcaption").after(bar);
    return bar;
  }

  // Buttons; one of them is pressed.
  function choice(bar, names, first, chosen) {
    const buttons = names.map(name => {
      const button = element("button", {type: "button", textContent: name});
      button.addEventListener("click", () => press(name));
      return button;
    });
    const press = name => {
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", names[i] === name));
      chosen(name);
    };
    bar.append(...buttons);
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", names[i] === first));
  }

  function axisStyle(more) {
    return {...more, grid: {color: colour("grid"), ...(more.grid || {})}, ticks: {color: colour("text"), ...(more.ticks || {})},
            title: {color: colour("faint"), ...(more.title || {})}};
  }

  function drawBars(figure, data) {
    let unit = data.relative ? "share" : "time";
    const totals = data.causes.map(row => row.reduce((sum, ns) => sum + Math.max(ns, 0), 0));
    const valueOf = (ns, row) => unit === "share" ? 100 * ns / (totals[row] || 1)
      : data.chains ? ns / (data.chains[row] || 1) : ns;
    const configuration = () => ({
      type: "bar",
      data: {
        labels: data.labels,
        datasets: barOrder.map(cause => ({
          label: cause,
          data: data.causes.map((row, i) => valueOf(row[causes.indexOf(cause)], i)),
          backgroundColor: pattern(cause), borderColor: colour("base"), borderWidth: {right: 1}, borderSkipped: false,
          maxBarThickness: 22,
        })),
      },
      options: {
        indexAxis: "y", responsive: true, maintainAspectRatio: false, animation: false,
        interaction: {mode: "y", intersect: false},
        scales: {
          x: axisStyle({stacked: true, beginAtZero: true, max: unit === "share" ? 100 : undefined,
                        ticks: {callback: value => unit === "share" ? value + " %" : time(value)}}),
          y: axisStyle({stacked: true, grid: {display: false}}),
        },
        plugins: {
          legend: {position: "bottom", labels: {color: colour("text"), boxWidth: 16}},
          tooltip: {callbacks: {
            label: item => {
              const ns = data.causes[item.dataIndex][causes.indexOf(item.dataset.label)];
              const each = data.chains ? ns / (data.chains[item.dataIndex] || 1) : ns;
              return ns > 0 ? `${item.dataset.label}: ${time(each)}, ${percent(ns / totals[item.dataIndex])}` : null;
            },
            footer: items => {
              const row = items[0].dataIndex;
              return data.chains ? `mean of ${count(data.chains[row])} chains: ${time(totals[row] / (data.chains[row] || 1))}`
                : `together ${time(totals[row])}`;
            },
          }},
        },
      },
    });
    if (data.relative)
      choice(controls(figure), ["share", "time per chain"], "share", name => {
        unit = name === "share" ? "share" : "time";
        entry.redraw();
      });
    const entry = makeChart(figure, 74 + 30 * data.labels.length, configuration);
  }

  function drawDistribution(figure, data) {
    let queue = data.queues[0], cause = "latency", shape = "chains";
    const edge = bucket => Math.pow(2, bucket / 8);
    const points = () => {
      const buckets = queue.causes[cause] || [], made = [];
      const all = buckets.reduce((sum, [, n]) => sum + n, 0) + (queue.zeros[cause] || 0);
      let left = all - (queue.zeros[cause] || 0);
      for (const [bucket, n] of buckets) {
        if (shape === "chains") {
          const last = made.at(-1);
          if (!last || last.bucket !== bucket - 1) {
            if (last) made.push({x: edge(last.bucket + 1), y: 0});
            made.push({x: edge(bucket), y: 0});
          }
          made.push({x: edge(bucket), y: n, bucket, n});
        } else {
          made.push({x: edge(bucket), y: left / all, bucket, n});
          left -= n;
        }
      }
      if (made.length) made.push({x: edge(made.at(-1).bucket + 1), y: shape === "chains" ? 0 : null});
      return made;
    };
    const fill = () => cause === "latency" ? colour("accent") : colour(cause.replace("_induced", ""));
    const configuration = () => ({
      type: "line",
      data: {datasets: [{
        label: `${queue.name}, ${cause}`, data: points(), stepped: "before", parsing: false, fill: "origin",
        borderColor: fill(), backgroundColor: fill() + "55", borderWidth: 2, pointRadius: 0, pointHitRadius: 8,
      }]},
      options: {
        responsive: true, maintainAspectRatio: false, animation: false,
        interaction: {mode: "nearest", axis: "x", intersect: false},
        scales: {
          x: axisStyle({type: "logarithmic", title: {display: true, text: cause === "latency" ? "latency" : "time taken by " + cause},
                        ticks: {callback: value => /^[125]0*$/.test(String(value)) ? time(value) : null, maxRotation: 0}}),
          y: axisStyle({type: shape === "chains" ? "linear" : "logarithmic", beginAtZero: true,
                        title: {display: true, text: shape === "chains" ? "chains" : "chains that took longer"},
                        ticks: {callback: value => shape === "chains" ? count(value) : /^(1|0\.0*1)$/.test(String(value)) ? +(value * 100).toPrecision(1) + " %" : null}}),
        },
        plugins: {
          legend: {display: false},
          tooltip: {filter: item => item.raw.bucket !== undefined, callbacks: {
            title: items => items.length ? `${time(edge(items[0].raw.bucket))} to ${time(edge(items[0].raw.bucket + 1))}` : "",
            label: item => shape === "chains" ? `${count(item.raw.n)} chains` : `${percent(item.raw.y)} took longer than ${time(edge(item.raw.bucket))}`,
          }},
        },
      },
    });
    const bar = controls(figure), note = element("span", {className: "zeros"});
    const say = () => {
      const zeros = queue.zeros[cause] || 0;
      note.textContent = `${count(queue.chains)} chains, p50 ${time(queue.p50)}, p99 ${time(queue.p99)}` +
        (zeros ? `; ${cause} took nothing in ${count(zeros)} of them` : "");
    };
    const pick = (label, names, chosen) => {
      const list = element("select", {}, ...names.map(([value, text]) => element("option", {value, textContent: text})));
      list.setAttribute("aria-label", label);
      list.addEventListener("change", () => { chosen(list.value); say(); entry.redraw(); });
      bar.append(list);
    };
    pick("queue", data.queues.map((each, i) => [i, each.name]), value => { queue = data.queues[value]; });
    pick("cause", [["latency", "latency"], ...causes.map(name => [name, name])], value => { cause = value; });
    choice(bar, ["chains", "tail"], "chains", name => { shape = name; entry.redraw(); });
    bar.append(note);
    say();
    const entry = makeChart(figure, 300, configuration);
  }

  function showLevels(box) {
    const levels = [...box.querySelectorAll(".level")];
    const show = name => levels.forEach(level => { level.hidden = level.dataset.level !== name; });
    const bar = element("div", {className: "controls"});
    choice(bar, levels.map(level => level.dataset.level), box.dataset.first, show);
    box.prepend(bar);
    return () => show(box.dataset.first);
  }

  function makeSortable(table) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = element("button", {type: "button", textContent: head.textContent, title: "Sort"});
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : head.classList.contains("n");
        [...head.parentNode.cells].forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = row => {
          const cell = row.cells[column];
          return cell.dataset.v !== undefined ? Number(cell.dataset.v) : cell.textContent.trim();
        };
        const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
          : String(a).localeCompare(String(b), "en", {numeric: true});
        [...body.rows].sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b))).forEach(row => body.append(row));
      });
    });
  }

  // The SQL of a number: click, or walk there with the arrow keys and press Enter.
  const panel = document.getElementById("sql");
  function openPanel(cell) {
    const copy = element("button", {type: "button", textContent: "Copy"});
    const text = element("pre", {textContent: cell.dataset.sql});
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(cell.dataset.sql);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
      }
    });
    panel.replaceChildren(element("p", {}, element("span", {textContent: `${cell.textContent} (${cell.dataset.v})`}), copy), text);
    panel.hidden = false;
    const box = cell.getBoundingClientRect();
    panel.style.left = Math.max(8, Math.min(scrollX + box.left, scrollX + root.clientWidth - panel.offsetWidth - 8)) + "px";
    panel.style.top = scrollY + box.bottom + 4 + "px";
  }
  document.addEventListener("click", event => {
    const cell = event.target.closest("td[data-sql]");
    if (cell && cell.dataset.sql) openPanel(cell);
    else if (!panel.contains(event.target)) panel.hidden = true;
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") panel.hidden = true;
    const cell = event.target.closest && event.target.closest("td[data-sql]");
    if (!cell) return;
    const row = cell.parentNode, rows = [...row.parentNode.rows];
    const to = {ArrowLeft: cell.previousElementSibling, ArrowRight: cell.nextElementSibling,
                ArrowUp: rows[rows.indexOf(row) - 1]?.cells[cell.cellIndex],
                ArrowDown: rows[rows.indexOf(row) + 1]?.cells[cell.cellIndex]}[event.key];
    if (to && to.dataset.sql) {
      cell.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
      event.preventDefault();
    } else if (event.key === "Enter") {
      openPanel(cell);
    }
  });

  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const themeButton = document.getElementById("theme");
  function retheme() {
    themeButton.textContent = isDark() ? "Light" : "Dark";
    Chart.defaults.color = colour("text");
    charts.forEach(entry => entry.redraw());
  }
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; retheme(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);

  Chart.defaults.font.family = 'system-ui, "DejaVu Sans", sans-serif';
  const drawers = {bars: drawBars, distribution: drawDistribution};
  const settle = [...document.querySelectorAll(".levels")].map(showLevels);
  document.querySelectorAll("figure.chart").forEach(figure => {
    const data = JSON.parse(figure.querySelector("script").textContent);
    drawers[data.kind](figure, data);
  });
  settle.forEach(done => done());
  document.querySelectorAll("table.sortable").forEach(table => {
    makeSortable(table);
    const first = table.querySelector("td[data-sql]");
    table.querySelectorAll("td[data-sql]").forEach(cell => { cell.tabIndex = cell === first ? 0 : -1; });
  });
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.sql:not([open])")];
    opened.forEach(details => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach(details => { details.open = false; }));
  retheme();
  root.dataset.ready = charts.length;
})();
