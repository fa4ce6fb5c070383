// Play and scrub: what lies after the moment is hidden, the upright line moves, and a change asks for that moment's acts.
const range = document.querySelector("#clock input[type=range]");
if (range) {
  const moments = range.dataset.moments.split("|");
  const steps = [...document.querySelectorAll("[data-step]")].map((one) => [one, Number(one.dataset.step)]);
  const lines = document.querySelectorAll(".now");
  const shown = document.querySelector("#moment");
  const play = document.querySelector("#play");
  let timer = 0;
  const draw = () => {
    const now = Number(range.value);
    shown.textContent = moments[now];
    range.setAttribute("aria-valuetext", moments[now]);
    for (const [one, step] of steps) one.classList.toggle("later", step > now);
    for (const line of lines) {
      const x = Number(line.dataset.x0) + now * Number(line.dataset.dx);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
  };
  const move = (by) => {
    const before = range.value;
    range.value = Number(range.value) + by;
    draw();
    range.dispatchEvent(new Event("change", { bubbles: true }));
    return range.value !== before;
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  range.addEventListener("input", draw);
  for (const link of document.querySelectorAll("[data-move]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      stop();
      move(Number(link.dataset.move));
    });
  }
  play.hidden = false;
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(range.value) >= Number(range.max)) range.value = 0;
    play.textContent = "Pause";
    timer = setInterval(() => move(1) || stop(), 700);
  });
  draw();
}
