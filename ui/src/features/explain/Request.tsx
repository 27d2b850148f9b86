import { Check, ChevronDown, ChevronRight, Copy, FileCode, FileText, Terminal } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, Menu, MenuTrigger, Popover } from "react-aria-components";

import type { RequestText } from "../../contract/RequestText";
import { type MenuEntry, menuEntries } from "../../design/ContextMenu";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";
import { words } from "./words";

/** How long the button says that it copied, in milliseconds. */
const SAID = 1500;

/** Copies the request for the administrator: as text, or from the menu as a change to be made. */
export function RequestButton({ request }: { request: RequestText }) {
  const backend = useBackend();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = (text: string) => {
    backend.call("clipboard_write", { text }).then(() => {
      clearTimeout(timer.current);
      setCopied(true);
      timer.current = setTimeout(() => setCopied(false), SAID);
      return undefined;
    }, remarkFailure);
  };
  const form = (id: string, label: string, icon: typeof Copy, text: string | null): MenuEntry[] =>
    text === null ? [] : [{ id, label, icon, run: () => copy(text) }];
  const others = [
    ...form("gcloud", words.asGcloud, Terminal, request.gcloud),
    ...form("terraform", words.asTerraform, FileCode, request.terraform),
  ];
  return (
    <div className="why-request">
      <Button className="button" data-testid="copy-request" onPress={() => copy(request.text)}>
        <Icon of={copied ? Check : Copy} size="small" />
        {/* Both are there, so that the button keeps its width. */}
        <span className="why-request-words">
          <span data-shown={!copied} aria-hidden={copied}>
            {words.request}
          </span>
          <span data-shown={copied} aria-hidden={!copied}>
            {words.requestCopied}
          </span>
        </span>
      </Button>
      {others.length > 0 && (
        <MenuTrigger>
          <Button className="button why-request-more" data-testid="copy-request-more" aria-label={words.requestMore}>
            <Icon of={ChevronDown} size="small" />
          </Button>
          <Popover className="menu-popover" placement="bottom end">
            <Menu className="menu" aria-label={words.requestMore}>
              {menuEntries([...form("text", words.asText, FileText, request.text), ...others])}
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
      <span className="sr-only" role="status">
        {copied ? words.requestCopied : ""}
      </span>
    </div>
  );
}

/** The request to be read before it is given to anybody. */
export function RequestPreview({ request }: { request: RequestText }) {
  return (
    <details className="why-preview" data-testid="request-preview">
      <summary>
        <Icon of={ChevronRight} size="tiny" />
        {words.requestShow}
      </summary>
      <p className="quiet">{words.requestNote}</p>
      <pre className="why-preview-text mono selectable">{request.text}</pre>
    </details>
  );
}
