import { Fragment, useEffect } from "react";
import { Button } from "react-aria-components";

import type { LinkOffer } from "../../contract/LinkOffer";
import type { Want } from "../../contract/Want";
import { Question } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { TopicLink } from "../help/HelpLink";
import { deskOf, useDesk } from "./desk";
import { words } from "./words";

/** Does what the window is asked to do from outside: by the tray, a notification, a second start. */
export function Wants() {
  const model = useModel();
  const desk = deskOf(model);
  const wanted = useAppState((state) => state.wanted);
  const leaving = useDesk(desk, (state) => state.leaving);
  const offer = useDesk(desk, (state) => state.offered.at(0));
  useEffect(() => {
    model.backend.call("wants", {}).then((wants) => wants.forEach((want) => void desk.follow(want)), remarkFailure);
  }, [model, desk, wanted]);
  return (
    <Fragment>
      {leaving !== null && <Closing want={leaving} />}
      {/* One after the other: whoever agrees has read what they agree to. */}
      {offer !== undefined && <Offered offer={offer} key={JSON.stringify(offer)} />}
    </Fragment>
  );
}

/** What closing the window is to do. */
function Closing({ want }: { want: Extract<Want, { kind: "close" }> }) {
  const model = useModel();
  const desk = deskOf(model);
  const answer = (to: "alwaysTray" | "alwaysQuit" | "quit" | "stay") => {
    desk.change({ leaving: null });
    model.backend.call("close_answer", { answer: to }).catch(remarkFailure);
  };
  const ends = words.ends(want.sessions, want.tunnels);
  const stay = (
    <Button className="button" data-testid="close-stay" onPress={() => answer("stay")}>
      {words.cancel}
    </Button>
  );
  return want.question === "firstTime" ? (
    <Question
      testId="closing"
      title={words.closeTitle}
      onClose={() => answer("stay")}
      actions={
        <>
          {stay}
          <Button className="button" data-testid="close-quit" onPress={() => answer("alwaysQuit")}>
            {words.closeQuit}
          </Button>
          <Button autoFocus className="button primary" data-testid="close-tray" onPress={() => answer("alwaysTray")}>
            {words.closeTray}
          </Button>
        </>
      }
    >
      <p className="quiet">
        {words.closeAdvice} <TopicLink topic="tray" />
      </p>
      {ends !== null && <p className="quiet">{words.closeEnds(ends)}</p>}
    </Question>
  ) : (
    <Question
      testId="quitting"
      title={words.quitTitle}
      onClose={() => answer("stay")}
      actions={
        <>
          <Button autoFocus className="button" data-testid="close-stay" onPress={() => answer("stay")}>
            {words.cancel}
          </Button>
          <Button className="button danger" data-testid="quit" onPress={() => answer("quit")}>
            {words.quit}
          </Button>
        </>
      }
    >
      {ends !== null && <p className="quiet">{words.quitEnds(ends)}</p>}
    </Question>
  );
}

/** What an address or a start of the app asks for. */
function Offered({ offer }: { offer: LinkOffer }) {
  const desk = deskOf(useModel());
  const signedIn = useAppState((state) => state.accounts.length > 0);
  const { action, instance, port, shares, ignored } = offer;
  const refuse = () => desk.change({ offered: desk.state.offered.slice(1) });
  const says = [...(port === null ? [] : [words.linkPort(port)]), ...offer.says];
  return (
    <Question
      testId="offer"
      title={words.linkTitle[action](instance.name)}
      onClose={refuse}
      actions={
        <>
          <Button autoFocus className="button" data-testid="offer-refuse" onPress={refuse}>
            {words.cancel}
          </Button>
          <Button className="button primary" data-testid="offer-accept" isDisabled={!signedIn} onPress={() => desk.accept(offer)}>
            {words.linkAccept[action]}
          </Button>
        </>
      }
    >
      <p className="quiet">
        {signedIn ? words.linkAdvice : words.linkSignIn} <TopicLink topic="links" />
      </p>
      <p className="mono selectable">
        {instance.project}/{instance.zone}/{instance.name}
      </p>
      {says.map((line) => (
        <p className="selectable" key={line}>
          {line}
        </p>
      ))}
      {shares.length > 0 && (
        <div data-testid="offer-shares">
          <p>{words.linkShares}</p>
          <ul>
            {shares.map((share) => (
              <li key={share}>{share}</li>
            ))}
          </ul>
        </div>
      )}
      {ignored.length > 0 && <p className="quiet">{words.linkIgnored(ignored.join(", "))}</p>}
    </Question>
  );
}
