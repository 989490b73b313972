import { answer, fail, input, member, readFile, text, textOf, tool } from './wirken';

function greet(args: string): void {
  answer('Hello, ' + textOf(member(args, 'name'), 'world') + '!\n');
}

function count(args: string): void {
  const bytes = readFile(textOf(member(args, 'file'), ''));
  const content = text(bytes);
  let words = 0,
    lines = 0,
    within = false;
  for (let i = 0; i < content.length; i++) {
    const blank = ' \n\t\r'.includes(content.charAt(i));
    if (content.charAt(i) == '\n') lines++;
    if (!blank && !within) words++;
    within = !blank;
  }
  answer('{"bytes":' + bytes.length.toString() + ',"words":' + words.toString() + ',"lines":' + lines.toString() + '}');
}

export function _start(): void {
  const name = tool();
  if (name == 'greet') greet(input());
  else if (name == 'count') count(input());
  else fail(1, 'there is no tool ' + name);
}
