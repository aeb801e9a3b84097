import type { PiiSpan } from './spans.ts';

/** Texts without any of these scripts are not looked at. */
const SCRIPTS = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/;
/** Between words that these languages put around a name; there are no spaces and no capitals to go by. */
const PATTERNS: readonly RegExp[] = [
  /(?:我叫|名字是|名字叫|名叫|我姓|姓名 ?[::]? ?|联系人 ?[::]? ?|收件人 ?[::]? ?)(?<name>[\p{Script=Han}]{2,4}?)(?=[^\p{Script=Han}]|$)/dgu,
  /(?:我是|这是|本人)(?!客户|会员|用户|新|老|你|您|一)(?<name>[\p{Script=Han}]{2,4})(?=[^\p{Script=Han}]|$)/dgu,
  /(?<=^|[^\p{Script=Han}]|[给找和是与叫])(?<name>[\p{Script=Han}]{1,3})(?=先生|女士|小姐)/dgu,
  /(?:名前は|氏名 ?[::]? ?|お名前 ?[::]? ?|担当の)(?<name>[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}ー ]{2,8}?)(?=です|と申|と言|でござ|さん|[^\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}ー ]|$)/dgu,
  /(?<name>[\p{Script=Han}\p{Script=Katakana}ー]{2,8})(?=と申し|と言います|といいます|様(?!々|子|式)|さん)/dgu,
  /(?:이름은|성함은|이름 ?[::]|저는|담당자) ?(?<name>[\p{Script=Hangul}]{2,4}?)(?=입니다|이에요|예요|이고|라고|[^\p{Script=Hangul}]|$)/dgu,
  /(?<name>[\p{Script=Hangul}]{2,4})(?=라고 합니다|이라고 합니다| ?씨[^\p{Script=Hangul}]|님(?:[^\p{Script=Hangul}]|$|께|이|과|의))/dgu,
];
const NO_NAMES: ReadonlySet<string> = new Set(
  '고객 손님 선생 회원 お客 皆 客 みな 先生 女士 小姐'.split(' '),
);

/** Chinese, Japanese and Korean names, by what stands right before or behind them. */
export function findEastAsianNames(text: string): readonly PiiSpan[] {
  if (!SCRIPTS.test(text)) return [];
  const spans: PiiSpan[] = [];
  for (const pattern of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const range = match.indices?.groups?.name;
      if (range === undefined || NO_NAMES.has(match.groups?.name ?? '')) continue;
      spans.push({ start: range[0], end: range[1], kind: 'name' });
    }
  }
  return spans;
}
