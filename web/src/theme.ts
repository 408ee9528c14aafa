import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** The accent: the deep blue-green of canal water. */
const canal: MantineColorsTuple = [
  "#e8f6f7",
  "#d2ebed",
  "#a5d7da",
  "#74c1c6",
  "#4eaeb5",
  "#389fa7",
  "#278c95",
  "#19767f",
  "#10646d",
  "#0b525b",
];

const gray: MantineColorsTuple = [
  "#f7f8f9",
  "#f0f2f3",
  "#e4e8ea",
  "#d6dbde",
  "#bcc4c8",
  "#9aa4a9",
  "#5f6a71",
  "#4b555b",
  "#333b40",
  "#1d2327",
];

const dark: MantineColorsTuple = [
  "#d8dde0",
  "#b3bbc0",
  "#949ea4",
  "#6b757b",
  "#3c454b",
  "#2f373c",
  "#23292d",
  "#171b1e",
  "#121517",
  "#0d0f11",
];

/** The one place for colour, type, space and shape. */
export const theme = createTheme({
  primaryColor: "canal",
  primaryShade: { light: 9, dark: 8 },
  autoContrast: true,
  colors: { canal, gray, dark },
  black: "#1d2327",
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'JetBrains Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "6px", md: "6px", lg: "8px", xl: "12px" },
  defaultRadius: "md",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "28px" },
      h2: { fontSize: "16px", lineHeight: "24px" },
      h3: { fontSize: "14px", lineHeight: "20px" },
    },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { withArrow: false, openDelay: 300, multiline: true, maw: 320, fz: 12 } },
    Modal: {
      styles: { title: { fontWeight: 600, fontSize: 16 } },
      defaultProps: {
        transitionProps: { duration: 120 },
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
      },
    },
    Drawer: { defaultProps: { transitionProps: { duration: 120 } } },
    Button: { defaultProps: { size: "sm" } },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: "md" } },
    Skeleton: { defaultProps: { radius: "xs" } },
  },
});

/** What Mantine has no name for: surfaces and the states, for light and for dark. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { "--row-height": "36px", "--nav-width": "220px", "--nav-narrow": "56px" },
  light: {
    "--surface": "#ffffff",
    "--surface-sunken": "#f7f8f9",
    "--surface-hover": "#f0f2f3",
    "--line": "#e0e4e7",
    "--accent-text": "#0b525b",
    "--accent-soft": "#e3f2f3",
    "--ok": "#1a6b3c",
    "--ok-soft": "#e6f4ec",
    "--running": "#1b5a9e",
    "--running-soft": "#e6f0fa",
    "--warning": "#7d4b00",
    "--warning-soft": "#fdf2dc",
    "--problem": "#a82020",
    "--problem-soft": "#fdeceb",
    "--quiet": "#4b555b",
    "--quiet-soft": "#f0f2f3",
    "--mantine-color-placeholder": "#667178",
    "--mantine-color-error": "#a82020",
  },
  dark: {
    "--surface": "#1b2023",
    "--surface-sunken": "#14181a",
    "--surface-hover": "#23292d",
    "--line": "#2f373c",
    "--accent-text": "#7fcbd0",
    "--accent-soft": "#143036",
    "--ok": "#7bd3a0",
    "--ok-soft": "#15301f",
    "--running": "#8ec4f5",
    "--running-soft": "#15293d",
    "--warning": "#f0bd62",
    "--warning-soft": "#34280f",
    "--problem": "#f7a19b",
    "--problem-soft": "#3b1c1c",
    "--quiet": "#b3bbc0",
    "--quiet-soft": "#23292d",
    "--mantine-color-placeholder": "#949ea4",
    "--mantine-color-error": "#f7a19b",
    "--mantine-color-anchor": "#7fcbd0",
  },
});
