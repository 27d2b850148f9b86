import { ArrowRight, ChevronRight, Ellipsis, Folder, GripVertical, LogIn, type LucideIcon, Play } from "lucide-react";
import type { ReactNode } from "react";
import { Button, TreeItem, TreeItemContent, type TreeItemContentRenderProps } from "react-aria-components";

import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { Spot } from "../../design/ContextMenu";
import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { ACTION_ICONS } from "./icons";
import { type Doing, isOn, useDoing } from "./state";
import type { FolderNode, LeafNode } from "./tree";
import { actionWord, placeWord, targetWord, words } from "./words";

/** What a row does; the same functions for all rows, so that only what changed is drawn. */
export interface RowDoes {
  go: (info: ProfileInfo) => void;
  menu: (key: string, spot: Spot) => void;
}

/** A folder in the tree, with what is in it. */
export function FolderRow({ node, does, children }: { node: FolderNode; does: RowDoes; children: ReactNode }) {
  const { key, name, count } = node;
  return (
    <TreeItem id={key} className="profile-row folder" textValue={name} hasChildItems={node.children.length > 0} data-testid={`profile-folder-${name}`}>
      <TreeItemContent>
        {(row) => (
          <>
            <Handle name={name} />
            <Button slot="chevron" className="profile-chevron" aria-label={words.open(name)}>
              <Icon of={ChevronRight} size="tiny" />
            </Button>
            <Icon of={Folder} className="profile-icon" />
            <span className="profile-name ellipsis">{name}</span>
            <span className="profile-count tabular">{count}</span>
            {isNear(row) && (
              <span className="profile-actions">
                <MenuButton id={key} name={name} does={does} />
              </span>
            )}
          </>
        )}
      </TreeItemContent>
      {children}
    </TreeItem>
  );
}

/** A profile in the tree. */
export function ProfileRow({ node, does }: { node: LeafNode; does: RowDoes }) {
  const { key, info } = node;
  const { name, target, action, start, folder, account } = info.profile;
  const about = [targetWord(target, action), placeWord(target), actionWord(action), folder.join(" › "), account ?? ""];
  const doing = useDoing(info);
  const spoken = [name, actionWord(action), targetWord(target, action), start === "atLogin" ? words.atLogin : "", doing.word];
  return (
    <TreeItem
      id={key}
      className="profile-row"
      textValue={name}
      aria-label={spoken.filter((part) => part !== "").join(", ")}
      data-testid={`profile-row-${name}`}
    >
      <TreeItemContent>
        {(row) => (
          <>
            <Handle name={name} />
            <span className="profile-chevron" />
            <span className="profile-icon" role="img" aria-label={actionWord(action)}>
              <Icon of={ACTION_ICONS[action.kind]} />
            </span>
            <span className="profile-words" title={[name, ...about].filter((part) => part !== "").join("\n")}>
              <span className="profile-name ellipsis">{name}</span>
              <span className="profile-target ellipsis">{targetWord(target, action)}</span>
              <span className="profile-place ellipsis">{placeWord(target)}</span>
            </span>
            {start === "atLogin" && (
              <span className="profile-login" role="img" aria-label={words.atLogin} title={words.atLogin}>
                <Icon of={LogIn} size="tiny" />
              </span>
            )}
            <State doing={doing} />
            {isNear(row) && (
              <span className="profile-actions">
                <RowButton
                  label={isOn(info) ? words.showNamed(name) : words.startNamed(name)}
                  icon={isOn(info) ? ArrowRight : Play}
                  testId={`profile-go-${name}`}
                  onPress={() => does.go(info)}
                />
                <MenuButton id={key} name={name} does={does} />
              </span>
            )}
          </>
        )}
      </TreeItemContent>
    </TreeItem>
  );
}

function State({ doing: { kind, mark, word } }: { doing: Doing }) {
  return (
    <span className="profile-state" data-testid="profile-state" data-state={kind}>
      {kind !== "idle" && (
        <>
          <StateMark mark={mark} />
          <span className="ellipsis" title={word}>
            {word}
          </span>
        </>
      )}
    </span>
  );
}

/** By which a row is moved, also from the keyboard: Enter takes it up, Tab goes from place to place. */
function Handle({ name }: { name: string }) {
  return (
    <Button slot="drag" className="profile-handle" aria-label={words.drag(name)}>
      <Icon of={GripVertical} size="small" />
    </Button>
  );
}

/** Whether the pointer or the keyboard is at a row: only then has it buttons, for each costs at every stroke. */
function isNear({ isHovered, isSelected, isFocused, isFocusVisibleWithin }: TreeItemContentRenderProps): boolean {
  return isHovered || isSelected || isFocused || isFocusVisibleWithin;
}

function MenuButton({ id, name, does }: { id: string; name: string; does: RowDoes }) {
  return (
    <RowButton
      label={words.more(name)}
      icon={Ellipsis}
      testId={`profile-menu-${name}`}
      onPress={(button) => {
        const { left, bottom } = button.getBoundingClientRect();
        does.menu(id, { x: left, y: bottom });
      }}
    />
  );
}

/** A button for the pointer: the keyboard has the row's keys and menu. What is pressed here does not choose the row. */
function RowButton({ label, icon, testId, onPress }: { label: string; icon: LucideIcon; testId: string; onPress: (button: HTMLElement) => void }) {
  const stop = (event: React.SyntheticEvent) => event.stopPropagation();
  return (
    <button
      type="button"
      className="icon-button small"
      tabIndex={-1}
      aria-label={label}
      title={label}
      data-testid={testId}
      onPointerDown={stop}
      onMouseDown={stop}
      onPointerUp={stop}
      onDoubleClick={stop}
      onClick={(event) => {
        event.stopPropagation();
        onPress(event.currentTarget);
      }}
    >
      <Icon of={icon} size="small" />
    </button>
  );
}
