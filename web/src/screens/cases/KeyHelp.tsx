/** The keyboard, on one card (快捷键). */
import { Modal } from "antd";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";

const KEYS: [string[], Word][] = [
  [["j"], "keys.next"],
  [["k"], "keys.previous"],
  [["Enter"], "keys.open"],
  [["a", "1"], "decide.accept_theirs"],
  [["o", "2"], "decide.keep_ours"],
  [["r", "3"], "decide.ask_again"],
  [["Ctrl Enter"], "keys.confirm"],
  [["Ctrl K"], "keys.search"],
  [["?"], "keys.help"],
];

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const t = useT();
  return (
    <Modal open footer={null} onCancel={onClose} title={t("keys.title")} width={400}>
      <dl className="fh-keys" data-testid="key-help-dialog">
        {KEYS.map(([keys, word]) => (
          <div key={word}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(word)}</dd>
          </div>
        ))}
      </dl>
      <p className="fh-hint">{t("keys.confirmHint")}</p>
    </Modal>
  );
}
