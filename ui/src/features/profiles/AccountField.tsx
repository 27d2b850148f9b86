import { useAppState } from "../../platform/model";
import { SelectField } from "./SelectField";
import { words } from "./words";

const say = words.form;
const ANY = "any";

/** Which account connects: whichever sees the VM, or a certain one, also while it is signed out. */
export function AccountField({ value, onChange }: { value: string | null; onChange: (account: string | null) => void }) {
  const accounts = useAppState((state) => state.accounts);
  const emails = new Set([...accounts.map(({ email }) => email), ...(value === null ? [] : [value])]);
  return (
    <SelectField
      label={say.account}
      testId="profile-form-account"
      options={[{ id: ANY, label: say.accountAny }, ...[...emails].map((email) => ({ id: `@${email}`, label: email }))]}
      value={value === null ? ANY : `@${value}`}
      onChange={(id) => onChange(id === ANY ? null : id.slice(1))}
    />
  );
}
