"use strict";

// What to ask, as JSON that the program writes. Every question gets a frame of its own: which answer belongs to which is certain then.
const plan = JSON.parse(document.getElementById("plan").textContent);
// The longest answer that is reported, in characters.
const LONGEST = 100;
// How long the questions after the first are waited for at least, in milliseconds: silence is a lawful answer to some of them.
const SHORT = 2000;

// A half of a character, which the cut may leave as well, is none that JSON can carry.
const words = (data) =>
  typeof data === "string" ? data.slice(0, LONGEST).replace(/\p{Cs}/gu, "\uFFFD") : `(${data === null ? "null" : typeof data})`;

// The first message that satisfies `isAnswer`, for which `send` is called again and again; null where none comes in time.
function answerOf(isAnswer, send, patience, again) {
  return new Promise((resolve) => {
    const end = (answer) => {
      clearInterval(sending);
      clearTimeout(late);
      removeEventListener("message", hear);
      resolve(answer);
    };
    const hear = (event) => {
      if (isAnswer(event)) {
        end(event.data);
      }
    };
    addEventListener("message", hear);
    const sending = setInterval(send, again);
    const late = setTimeout(() => end(null), patience);
    send();
  });
}

function frame(id, source) {
  return new Promise((resolve) => {
    const element = document.createElement("iframe");
    element.id = id;
    element.addEventListener("load", () => resolve(element), { once: true });
    setTimeout(() => resolve(element), plan.patience);
    element.src = source;
    document.body.append(element);
  });
}

async function ask(question, patience) {
  const element = await frame(`op-${question.name}`, plan.frame);
  const target = element.contentWindow;
  if (!question.stranger) {
    const isAnswer = (event) => event.source === target && event.origin === plan.origin;
    const answer = await answerOf(isAnswer, () => target.postMessage(question.message, plan.origin), patience, 1000);
    return answer === null ? null : words(answer);
  }
  // A page of another origin sends the same message to the same frame, which it knows by its place among ours.
  const stranger = await frame("stranger", plan.stranger);
  const place = [...document.querySelectorAll("iframe")].indexOf(element);
  const origin = new URL(plan.stranger).origin;
  const isOfStranger = (event) => event.source === stranger.contentWindow && event.origin === origin;
  const order = { place, message: question.message, origin: plan.origin, patience };
  const report = await answerOf(isOfStranger, () => stranger.contentWindow.postMessage(order, origin), patience + SHORT, 1000);
  // Where the page of the other origin was not loaded, nothing was asked.
  return report === null ? undefined : report.answer === null ? null : words(report.answer);
}

// In a window of its own the page has all that a browser may hide from it in a frame.
async function askInWindow(question) {
  const opened = window.open(plan.frame, "_blank");
  if (!opened) {
    return undefined;
  }
  const isAnswer = (event) => event.source === opened && event.origin === plan.origin;
  const answer = await answerOf(isAnswer, () => opened.postMessage(question.message, plan.origin), plan.patience, 250);
  opened.close();
  return answer === null ? null : words(answer);
}

async function run() {
  const answers = {};
  const [first, ...others] = plan.questions;
  const began = performance.now();
  answers[first.name] = await ask(first, plan.patience);
  const took = performance.now() - began;
  if (answers[first.name] === "unchanged") {
    const patience = Math.min(plan.patience, Math.max(SHORT, 4 * took));
    await Promise.all(others.map(async (question) => (answers[question.name] = await ask(question, patience))));
  } else if (plan.window) {
    answers["in-window"] = await askInWindow(first);
  }
  const back = new URL(plan.back);
  back.searchParams.append("state", plan.state);
  back.searchParams.append("answers", JSON.stringify(answers));
  location.replace(back);
}

run();
