import { PasswordInput } from "@mantine/core";

export const PASSWORD_LENGTH = 10;

interface NewPasswordProps {
  value: string;
  onChange: (value: string) => void;
  error?: string;
}

/** Where a new password is chosen. Pasting is welcome; length is all that is asked. */
export function NewPassword({ value, onChange, error }: NewPasswordProps) {
  return (
    <PasswordInput
      label="Password"
      description={`At least ${PASSWORD_LENGTH} characters. A few words in a row are easy to keep.`}
      name="new-password"
      autoComplete="new-password"
      required
      withAsterisk={false}
      minLength={PASSWORD_LENGTH}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
