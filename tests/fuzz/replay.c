/* Feeds files, or all files of folders, to a fuzz target: the corpus as an ordinary test. Prints how many it fed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static unsigned long fed;

static void feed_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = NULL;
    size_t n = 0, cap = 0, got;
    if (!f) {
        perror(path);
        exit(3);
    }
    do {
        if (n == cap) {
            cap = cap ? cap * 2 : 65536;
            p = realloc(p, cap);
            if (!p)
                exit(3);
        }
        got = fread(p + n, 1, cap - n, f);
        n += got;
    } while (got);
    fclose(f);
    uint8_t *exact = malloc(n ? n : 1); /* so that a read past the end is seen by the address sanitizer */
    if (!exact)
        exit(3);
    memcpy(exact, p, n);
    LLVMFuzzerTestOneInput(exact, n);
    fed++;
    free(exact);
    free(p);
}

static void feed(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        perror(path);
        exit(3);
    }
    if (!S_ISDIR(st.st_mode)) {
        feed_file(path);
        return;
    }
    struct dirent **entry;
    int n = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char child[4096];
        if (entry[i]->d_name[0] != '.') {
            snprintf(child, sizeof child, "%s/%s", path, entry[i]->d_name);
            feed(child);
        }
        free(entry[i]);
    }
    free(entry);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        feed(argv[i]);
    printf("%lu inputs replayed\n", fed);
    return fed ? 0 : 1;
}
