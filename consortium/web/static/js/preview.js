/* 入力に合わせた試算：入力が止まったら、同じフォームを「試算」として送り、答えの中の
   試算の欄だけを画面のものと入れ替える。これがなくても、ボタンで同じことができる。

   フォームの data-preview が欄の id。文はすべて画面の側にある。 */
(() => {
  'use strict';

  const PAUSE = 400;
  const form = document.querySelector('form[data-preview]');
  if (!form) return;
  const id = form.dataset.preview;
  const status = form.querySelector('[data-preview-status]');
  const failed = form.querySelector('template[data-preview-failed]');
  let timer = 0;
  let running = null;
  let shown = null;

  /* What stands in the form, without what the preview itself put there. */
  function entered() {
    const sent = new URLSearchParams(new FormData(form));
    sent.delete('seen');
    sent.set('do', 'try');
    return sent;
  }

  function stop() {
    clearTimeout(timer);
    if (running) running.abort();
    running = null;
    document.getElementById(id).removeAttribute('aria-busy');
  }

  function soon(event) {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(preview, PAUSE);
  }

  async function preview() {
    const sent = entered();
    if (sent.toString() === shown) return;
    stop();
    const mine = new AbortController();
    running = mine;
    document.getElementById(id).setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(location.href, {
        method: 'POST',
        body: sent,
        headers: { 'X-Preview': id },
        signal: mine.signal,
      });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (running !== mine) return;
      const section = page.getElementById(id);
      show(section || refusal(page));
      if (section) clearErrors(page);
      shown = section ? sent.toString() : null;
    } catch (error) {
      if (running !== mine) return;
      show(refusal(null));
      shown = null;
    }
    running = null;
  }

  /* Put the new section in the place of the old; focus and what is read stay where they are. */
  function show(section) {
    const old = document.getElementById(id);
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    for (const each of section.querySelectorAll('[autofocus]')) each.removeAttribute('autofocus');
    // Announced once, politely, by the status line below.
    for (const each of section.querySelectorAll('[role="alert"]')) each.setAttribute('role', 'note');
    const before = form.lastElementChild.getBoundingClientRect().top;
    const isAbove = old.getBoundingClientRect().bottom <= before;
    const inside = old.scrollTop;
    const fresh = document.adoptNode(section);
    old.replaceWith(fresh);
    fresh.scrollTop = inside;
    if (isAbove) scrollBy(0, form.lastElementChild.getBoundingClientRect().top - before);
    if (held) (held.value && fresh.querySelector(`button[value="${held.value}"]`) || fresh).focus();
    status.textContent = fresh.dataset.said || '';
  }

  /* Say in the words of the answer, or of this page, why there is no preview. */
  function refusal(page) {
    const section = failed.content.firstElementChild.cloneNode(true);
    const told = 'main h1, main .p-banner p, main .p-stack > p:not(:has(a))';
    const found = page ? [...page.querySelectorAll(told)] : [];
    const text = found.map((each) => each.textContent.trim()).filter(Boolean).join('　');
    if (text) section.querySelector('[data-preview-text]').textContent = text;
    section.id = id;
    return section;
  }

  /* Take away errors at fields that the answer does not have any more. */
  function clearErrors(page) {
    for (const error of form.querySelectorAll('.p-field [id$="-error"]')) {
      if (page.getElementById(error.id)) continue;
      const field = error.closest('.p-field');
      field.classList.remove('p-field--invalid');
      for (const each of field.querySelectorAll('[aria-invalid]')) each.removeAttribute('aria-invalid');
      error.remove();
    }
    document.title = page.title;
  }

  form.classList.add('p-form--live');
  form.addEventListener('input', soon);
  form.addEventListener('change', soon);
  form.addEventListener('compositionend', soon);
  form.addEventListener('submit', stop);
  if (document.getElementById(id).hasAttribute('data-stale')) preview();
})();
