import { ArrowLeftRight } from "lucide-react";

import { PROTOCOL_ICONS } from "../session/Where";

/** The mark of what a profile opens. */
export const ACTION_ICONS = { ...PROTOCOL_ICONS, forward: ArrowLeftRight };
