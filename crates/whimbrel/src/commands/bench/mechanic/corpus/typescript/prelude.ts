// Runs a program on random inputs and prints what it gives, so that two versions can be compared.
let state = Number(process.argv[2]) >>> 0;
const ROUNDS = 300;
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * below);
};
const choice = <T>(of: T[]): T => of[random(of.length)]!;
const show = (deed: () => unknown): void => {
  let text: string;
  try {
    text = JSON.stringify(deed()) ?? 'undefined';
  } catch (error) {
    text = (error as Error).constructor.name;
  }
  console.log(text);
};

