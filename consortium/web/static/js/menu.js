/* メニューが画面より長いとき、いまの画面の行が見えるところまで、メニューの中だけを送る。
   これがなくても、メニューは手で送れる。 */
(() => {
  'use strict';

  const menu = document.querySelector('.p-nav__inner');
  const here = menu && menu.querySelector('[aria-current]');
  if (!here) return;
  const end = Math.min(menu.getBoundingClientRect().bottom, window.innerHeight);
  const below = here.getBoundingClientRect().bottom - end;
  if (below > 0) menu.scrollTop += below + here.offsetHeight;
})();
