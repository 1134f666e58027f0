/** Doing something at the hub: success is said briefly, failure in plain words with a trace to copy. */
import { App, Typography } from "antd";
import { useT } from "../i18n";
import { problemWords } from "./problemWords";

export type Act = (work: () => Promise<void>, words?: { done?: string }) => Promise<boolean>;

const ERROR_SECONDS = 8;

/** Resolves to whether it worked, so that a dialog knows if it may close. */
export function useAct(): Act {
  const { message, notification } = App.useApp();
  const t = useT();
  return async (work, words) => {
    try {
      await work();
    } catch (error) {
      const { what, next, trace } = problemWords(error, t);
      notification.error({
        title: what,
        description: (
          <>
            {next && <p className="fh-tight">{next}</p>}
            <Typography.Text copyable={{ text: trace }} type="secondary" className="fh-trace-line">
              {trace}
            </Typography.Text>
          </>
        ),
        duration: ERROR_SECONDS,
        placement: "topRight",
      });
      return false;
    }
    if (words?.done) void message.success(words.done);
    return true;
  };
}
