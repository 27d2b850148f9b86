/** The mark: an adit, the level passage by which a mine is entered. */
export function Brand({ className }: { className?: string }) {
  return (
    <svg className={className ?? "brand-mark"} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path d="M4 21V12a8 8 0 0 1 16 0v9" stroke="currentColor" strokeWidth="2.5" strokeLinecap="square" />
      <path d="M8.5 22.25V12.5a3.5 3.5 0 0 1 7 0v9.75Z" fill="currentColor" />
    </svg>
  );
}
