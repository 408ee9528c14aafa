import { SegmentedControl, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";

function choice(icon: ReactNode, words: string) {
  return (
    <span title={words} style={{ display: "flex", justifyContent: "center" }}>
      {icon}
      <VisuallyHidden>{words}</VisuallyHidden>
    </span>
  );
}

/** Light, dark, or as the system has it. */
export function ColourSchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label="Colour scheme"
      size="xs"
      fullWidth
      value={colorScheme}
      onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
      data={[
        { value: "light", label: choice(<IconSun size={16} aria-hidden />, "Light") },
        { value: "dark", label: choice(<IconMoon size={16} aria-hidden />, "Dark") },
        { value: "auto", label: choice(<IconDeviceDesktop size={16} aria-hidden />, "As the system") },
      ]}
    />
  );
}
