// Runs a program on random inputs and prints what it gives, so that two versions can be compared.
let state = Number(process.argv[2]) >>> 0;
const ROUNDS = 300;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * below);
};
const choice = (of) => of[random(of.length)];
const show = (deed) => {
  let text;
  try {
    text = JSON.stringify(deed()) ?? 'undefined';
  } catch (error) {
    text = error.constructor.name;
  }
  console.log(text);
};

