/** Two seams held together by stitches. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg className="fh-logo" width={size} height={size} viewBox="0 0 32 32" role="img" aria-label="缝合">
      <rect width="32" height="32" rx="7" className="fh-logo-back" />
      <path d="M6 11h20M6 21h20" stroke="#fff" strokeOpacity="0.45" strokeWidth="2" />
      <path d="M8 21l4-10M14 21l4-10M20 21l4-10" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  );
}
