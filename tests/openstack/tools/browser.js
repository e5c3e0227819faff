// SPDX-License-Identifier: Apache-2.0
// A headless Chromium driven by lines: one JSON request per line on standard input, one JSON answer per line
// on standard output, in order. scenarios/browser.py is the other end and sets the deadline of each request.
//   {"do": "login", "horizon", "user", "password", "domain"}   a fresh session; ends the one before
//   {"do": "open", "url"}             -> url, status, ms, text, frame (src of the console's iframe or null)
//   {"do": "viewer"}                  waits until the iframe shows a connected screen -> width, height
//   {"do": "type", "text", "into"}    keys, as a person would press them; into: a CSS selector in the iframe or page
//   {"do": "terminal", "contains"}    waits until a terminal shows the text -> text
//   {"do": "screenshot", "path"}
const path = require('path');
const readline = require('readline');
const { chromium } = require(path.join(process.env.RIG_STATE, 'browser/node_modules/playwright-core'));
const WAIT_MS = 30000;
let browser, context, page;
let trouble = [];   // what the page complained about, for the message of a failing test

async function login({ horizon, user, password, domain }) {
  if (context) await context.close();
  context = await browser.newContext({ viewport: { width: 1280, height: 1100 } });
  page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('console', m => { if (m.type() === 'error') trouble.push(m.text().slice(0, 200)); });
  page.on('requestfailed', r => trouble.push(`${r.url().slice(0, 120)} ${r.failure().errorText}`));
  await page.goto(horizon + '/auth/login/');
  await page.fill('#id_username', user);
  await page.fill('#id_password', password);
  await page.selectOption('select[name=domain]', domain);
  await Promise.all([page.waitForURL(u => !u.pathname.startsWith('/auth/login')), page.click('#loginBtn')]);
  return {};
}

async function open({ url }) {
  trouble = [];
  const start = performance.now();
  const answer = await page.goto(url, { waitUntil: 'domcontentloaded' });
  const ms = performance.now() - start;
  const seen = await page.evaluate(() => ({
    frame: (document.querySelector('#console_embed') || {}).src || null,
    text: document.body.innerText,
  }));
  return { url: page.url(), status: answer.status(), ms, ...seen };
}

// The iframe's document, or the page itself where there is no iframe.
function consoleFrame() {
  return page.frames().find(f => f.parentFrame() === page.mainFrame()) || page.mainFrame();
}

async function viewer() {
  // a canvas is 300 x 150 until the first frame of the guest's screen has come
  const size = await consoleFrame().waitForFunction(() => {
    const canvas = [...document.querySelectorAll('canvas')].find(c => c.width >= 640);
    return canvas && { width: canvas.width, height: canvas.height };
  });
  return size.jsonValue();
}

async function type({ text, into }) {
  await consoleFrame().locator(into).first().click();
  await page.keyboard.type(text, { delay: 120 });
  return {};
}

async function terminal({ contains }) {
  const shown = await consoleFrame().waitForFunction(wanted => {
    const node = document.querySelector('.terminal');
    // term.js pads its rows with no-break spaces
    const text = node && node.innerText.replace(/\u00a0/g, ' ');
    return text && text.includes(wanted) && text;
  }, contains);
  return { text: await shown.jsonValue() };
}

async function screenshot({ path: file }) {
  await page.screenshot({ path: file });
  return {};
}

const ACTIONS = { login, open, viewer, type, terminal, screenshot };

(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'] });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = await ACTIONS[request.do](request);
    } catch (error) {
      answer = { error: error.message.split('\n')[0], trouble };
    }
    console.log(JSON.stringify(answer));
  }
  await browser.close();
})().catch(error => { console.error(error); process.exit(1); });
