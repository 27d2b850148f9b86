import type { IDockviewPanelHeaderProps, IDockviewPanelProps } from "dockview-react";
import { History } from "lucide-react";
import { Button } from "react-aria-components";

import { Icon } from "../../design/Icon";
import { useModel } from "../../platform/model";
import { TabClose } from "../session/SessionTab";
import { PROTOCOL_ICONS } from "../session/Where";
import { protocolWord } from "../session/words";
import { deskOf, useDesk } from "./desk";
import { words } from "./words";

/** A session of the run before, in its place: what it was, and how to have it back. */
export function OfferPanel({ params }: IDockviewPanelProps<{ id: string }>) {
  const desk = deskOf(useModel());
  const offer = useDesk(desk, (state) => state.offers?.sessions.get(params.id));
  if (offer === undefined) {
    return null;
  }
  const { name, project, zone } = offer.instance;
  return (
    <section className="empty offer" aria-label={words.offerTitle(name)} data-testid={`offer-${name}`}>
      <Icon of={PROTOCOL_ICONS[offer.protocol]} className="empty-mark" />
      <h1 className="page-title small">{words.offerTitle(offer.name ?? name)}</h1>
      <p className="quiet">{[...(offer.name === null ? [] : [name]), protocolWord(offer.protocol), project, zone].join(" · ")}</p>
      <Button className="button primary large" data-testid={`offer-connect-${name}`} onPress={() => void desk.left.connect(params.id)}>
        {words.connect}
      </Button>
    </section>
  );
}

export function OfferTab({ api, params }: IDockviewPanelHeaderProps<{ id: string }>) {
  const desk = deskOf(useModel());
  const colour = useDesk(desk, (state) => state.offers?.sessions.get(params.id)?.colour ?? "none");
  const title = api.title ?? "";
  return (
    <div className="tab offered" data-testid={`offer-tab-${title}`} data-colour={colour}>
      <Icon of={History} size="small" />
      <span className="tab-name ellipsis">{title}</span>
      <TabClose id={api.id} label={words.offerDismissOne(title)} />
    </div>
  );
}

/** Over the tabs: all that is offered, at once. */
export function OffersBar() {
  const desk = deskOf(useModel());
  const offers = useDesk(desk, (state) => state.offers);
  if (offers === null) {
    return null;
  }
  const count = offers.sessions.size;
  return (
    <div className="bar offers-bar" role="region" aria-label={words.offersLabel} data-testid="offers" data-left={offers.left}>
      <p className="bar-title">{words.offers[offers.left](count)}</p>
      <div className="bar-actions">
        <Button className="button" data-testid="offers-dismiss" onPress={() => desk.left.dismiss()}>
          {words.offersDismiss}
        </Button>
        <Button className="button primary" data-testid="offers-connect" onPress={() => void desk.left.connectAll()}>
          {words.offersConnect(count)}
        </Button>
      </div>
    </div>
  );
}
