/* 作成の進み：画面を開いている間、何件できたかを1.5秒ごとに尋ねて書き換える。
   動きが止まったら（できた・待つ・失敗した）、画面を開き直して続きを示す。
   これがなくても、「最新の状態にする」で同じことが分かる。文はすべて画面の側にある。 */
(() => {
  'use strict';

  const EVERY = 1500;
  const LATER = 6000;
  const box = document.querySelector('[data-progress]');
  if (!box) return;
  const text = box.querySelector('[role="status"]');
  const bar = box.querySelector('progress');
  const { phase } = box.dataset;

  async function ask() {
    let next = EVERY;
    try {
      const answer = await fetch(box.dataset.progress, { headers: { Accept: 'application/json' } });
      if (answer.redirected || answer.status === 401) return;
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (found.phase !== phase) {
        location.reload();
        return;
      }
      if (text.textContent !== found.text) text.textContent = found.text;
      bar.max = found.total || 1;
      bar.value = found.total ? found.made : 0;
    } catch (error) {
      next = LATER;
    }
    // Nobody looks at a hidden page, and one that waits for people changes slowly.
    setTimeout(ask, document.hidden || phase === 'waiting' ? LATER : next);
  }

  setTimeout(ask, EVERY);
})();
