/** A menu at the pointer, or below a row. */

import { Check, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { createPortal } from "react-dom";
import { Header, Menu, MenuItem, MenuSection, Popover, Separator } from "react-aria-components";

import { Icon } from "./Icon";
import { Keys } from "./parts";

export interface Spot {
  x: number;
  y: number;
}

export type MenuEntry =
  | "separator"
  | {
      id: string;
      label: string;
      icon?: LucideIcon;
      keys?: readonly string[];
      disabled?: boolean;
      danger?: boolean;
      /** The one in use among several. */
      chosen?: boolean;
      /** What stands above it, and is read out with it: what it is about, and how that is now. */
      about?: { title: string; lines: readonly string[] };
      run: () => void;
    };

/** A menu's entries, for any menu. */
export function menuEntries(entries: readonly MenuEntry[]) {
  return entries.map((entry, index) =>
    entry === "separator" ? (
      // A separator has no name but its place.
      // oxlint-disable-next-line react/no-array-index-key
      <Separator className="menu-separator" key={`separator-${index}`} />
    ) : entry.about === undefined ? (
      itemOf(entry)
    ) : (
      <MenuSection key={entry.id}>
        <Header className="menu-about">
          <p className="menu-about-title">{entry.about.title}</p>
          {entry.about.lines.map((line) => (
            <p key={line} className="quiet menu-about-line">
              {line}
            </p>
          ))}
        </Header>
        {itemOf(entry)}
      </MenuSection>
    ),
  );
}

function itemOf(entry: Exclude<MenuEntry, "separator">) {
  return (
    <MenuItem
      className={entry.danger === true ? "menu-item danger" : "menu-item"}
      key={entry.id}
      id={entry.id}
      textValue={entry.label}
      isDisabled={entry.disabled === true}
      onAction={entry.run}
    >
      {entry.icon !== undefined && <Icon of={entry.icon} size="small" />}
      {entry.label}
      {entry.keys !== undefined && <Keys of={entry.keys} />}
      {entry.chosen === true && (
        <span className="menu-detail">
          <Icon of={Check} size="small" />
        </span>
      )}
    </MenuItem>
  );
}

export function ContextMenu({
  label,
  spot,
  entries,
  onClose,
}: {
  label: string;
  spot: Spot;
  entries: readonly MenuEntry[];
  onClose: () => void;
}) {
  // The menu is placed by the anchor, so the anchor comes first.
  const [anchor, setAnchor] = useState<HTMLSpanElement | null>(null);
  return (
    <>
      {createPortal(<span ref={setAnchor} className="menu-anchor" style={{ left: spot.x, top: spot.y }} />, document.body)}
      {anchor !== null && (
        <Popover
          className="menu-popover"
          triggerRef={{ current: anchor }}
          placement="bottom start"
          offset={0}
          isOpen
          onOpenChange={(open) => !open && onClose()}
        >
          <Menu className="menu" aria-label={label} autoFocus="first" onClose={onClose}>
            {menuEntries(entries)}
          </Menu>
        </Popover>
      )}
    </>
  );
}
