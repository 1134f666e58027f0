/** The screens start here. */
import "antd/dist/reset.css";
import "./styles/base.css";
import "./styles/entrance.css";
import "./styles/parts.css";
import "./styles/lists.css";
import "./styles/bench.css";
import "./styles/cases.css";
import "./styles/evidence.css";
import "./styles/mapping.css";
import "./styles/callbacks.css";
import "./styles/ledger.css";
import "./styles/trace.css";
import "./styles/notices.css";
import "./styles/heartbeat.css";
import "./styles/clocks.css";
import "./styles/compensation.css";
import "./styles/reminders.css";
import "./styles/statements.css";
import "./styles/recon.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { applyMode, currentMode } from "./app/theme";

applyMode(currentMode());
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
