import { cleanup, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, describe, expect, it } from "vitest";
import { MessageBody, ownPath } from "./MessageBody";

afterEach(cleanup);

function draw(text: string) {
  render(
    <MemoryRouter>
      <MessageBody text={text} />
    </MemoryRouter>,
  );
}

describe("a message's body", () => {
  it("opens the case on the screen, not on the phone's page", () => {
    draw("[打开工单](https://hub.example/m/cases/7)");
    expect(screen.getByRole("link").getAttribute("href")).toBe("/cases/7");
  });

  it("makes no link of an address that is not ours", () => {
    draw("[点我](https://evil.example/m/cases/7/..//x) [再点](javascript:alert) <b onclick=x>粗</b>");
    expect(screen.queryByRole("link")).toBeNull();
    expect(document.querySelector("b")).toBeNull();
  });

  it("draws headings, quotes, lists and bold", () => {
    draw("### 标题\n> 引用\n- 一项\n**要紧**");
    expect(document.querySelector("h4")?.textContent).toBe("标题");
    expect(document.querySelector("blockquote")?.textContent).toBe("引用");
    expect(document.querySelector(".fh-message-item")?.textContent).toBe("一项");
    expect(document.querySelector("b")?.textContent).toBe("要紧");
  });

  it("knows its own paths", () => {
    expect(ownPath("/m")).toBe("/m");
    expect(ownPath("http://127.0.0.1:8600/m/orders/3")).toBe("/m/orders/3");
    expect(ownPath("/cases/1")).toBeNull();
  });
});
