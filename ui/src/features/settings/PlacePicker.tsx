import { ChevronDown } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";

import type { Scope } from "../../contract/Scope";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useAppState, useBackend } from "../../platform/model";
import { useHits } from "../palette/hits";
import { EVERYWHERE, keyOfPlace, pathOf, placesOf } from "./place";
import { placeDetail, placeWord, words } from "./words";

/** Most VMs whose places are offered. */
const LIMIT = 40;

/** Which place's settings are shown: found by its name, and the way up from it. */
export function PlacePicker({
  at,
  onGo,
  onFollow,
}: {
  at: Scope;
  /** The place was chosen here, where the keyboard stays. */
  onGo: (to: Scope) => void;
  /** A link to it was followed, which then is gone. */
  onFollow: (to: Scope) => void;
}) {
  // What is typed; the place's own name where nothing is.
  const [typed, setTyped] = useState<string | null>(null);
  const { hits } = useHits(typed ?? "", LIMIT);
  const set = usePlaces();
  const places = placesOf(hits, set, typed ?? "");
  const isSet = new Set(set.map(keyOfPlace));
  const shown = typed !== null || places.some((place) => keyOfPlace(place) === keyOfPlace(at)) ? places : [at, ...places];
  const up = pathOf(at).slice(0, -1);
  return (
    <div className="place">
      <ComboBox
        className="place-box"
        menuTrigger="focus"
        allowsEmptyCollection
        // Core has filtered.
        defaultFilter={() => true}
        items={shown.map((place) => ({ id: keyOfPlace(place), place }))}
        inputValue={typed ?? placeWord(at)}
        onInputChange={(text) => setTyped(text === placeWord(at) ? null : text)}
        selectedKey={keyOfPlace(at)}
        onSelectionChange={(key) => {
          const chosen = shown.find((place) => keyOfPlace(place) === key);
          // An emptied field has chosen nothing yet.
          if (chosen !== undefined) {
            setTyped(null);
            onGo(chosen);
          }
        }}
        onOpenChange={(open) => !open && setTyped(null)}
      >
        <Label className="place-label">{words.place}</Label>
        <div className="place-field">
          <Input className="field" data-testid="settings-place" placeholder={words.placeHint} onFocus={(event) => event.target.select()} />
          <Button className="icon-button small" aria-label={words.placeOpen}>
            <Icon of={ChevronDown} size="small" />
          </Button>
        </div>
        <Popover className="menu-popover form-choices place-choices" placement="bottom start">
          <ListBox className="menu" renderEmptyState={() => <p className="quiet place-nothing">{words.placeNothing}</p>}>
            {({ id, place }: { id: string; place: Scope }) => (
              <ListBoxItem className="menu-item" id={id} textValue={placeWord(place)} data-testid={`settings-place-${id}`}>
                <Text slot="label" className="ellipsis">
                  {placeWord(place)}
                </Text>
                {isSet.has(id) && <span className="place-set">{words.placeSet}</span>}
                <Text slot="description" className="menu-detail quiet ellipsis">
                  {placeDetail(place)}
                </Text>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      {up.length > 0 && (
        <nav className="place-path quiet" aria-label={words.inherits}>
          <span aria-hidden="true">{words.inherits}</span>
          <ol>
            {up.map((place) => (
              <li key={keyOfPlace(place)}>
                <button type="button" className="link" data-testid={`settings-up-${place.kind}`} onClick={() => onFollow(place)}>
                  {place.kind === "everywhere" ? placeWord(EVERYWHERE).toLowerCase() : placeWord(place)}
                </button>
              </li>
            ))}
          </ol>
        </nav>
      )}
    </div>
  );
}

/** The places with values of their own, kept up with their changes. */
function usePlaces(): readonly Scope[] {
  const backend = useBackend();
  const revision = useAppState((state) => state.settingsRevision);
  const [places, setPlaces] = useState<readonly Scope[]>([]);
  useEffect(() => {
    let wanted = true;
    backend.call("settings_places", {}).then((found) => {
      if (wanted) {
        setPlaces(found);
      }
      return undefined;
    }, remarkFailure);
    return () => {
      wanted = false;
    };
  }, [backend, revision]);
  return places;
}
