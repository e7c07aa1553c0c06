// Firefox with script switched on over documents, one after the other. What to do comes as JSON on standard input, and
// what scripts said to the console goes as JSON to standard output; the network is watched by others.
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import puppeteer from "puppeteer-core";

const LOAD_MS = 5000;
const { program, preferences, environment, signIn, documents, windowMs } = await json(process.stdin);
const said = [];

async function openTab(browser) {
  const tab = await browser.newPage();
  tab.on("console", (message) => said.push(message.text()));
  return tab;
}

async function enter(tab, { url, username, password }) {
  await tab.goto(url);
  await tab.type("[name=username]", username);
  await tab.type("[name=password]", password);
  await Promise.all([tab.waitForNavigation(), tab.keyboard.press("Enter")]);
}

// No key is pressed: Firefox looks up the host of a link that gets the focus, and that is the person's doing.
/** Load a document and touch it; answers whether the tab is still of use (what leads it away may not let it go). */
async function look(tab, url) {
  let loaded = true;
  try {
    await tab.goto(url, { timeout: LOAD_MS });
    await tab.mouse.move(30, 30);
  } catch {
    loaded = false;
  }
  await pause(windowMs);
  return loaded;
}

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: program,
  extraPrefsFirefox: preferences,
  env: { ...process.env, ...environment },
});
try {
  let tab = await openTab(browser);
  await enter(tab, signIn);
  for (const url of documents) {
    if (await look(tab, url)) continue;
    await tab.close();
    tab = await openTab(browser);
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(said));
